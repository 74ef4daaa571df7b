// firnix-instantiate as a command: words, texts and exit codes of nix-instantiate 2.34.8.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ended, type RunOptions, run } from '../support/program.ts'
import { withFolder } from '../support/project.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('firnix-instantiate')

const nix = (words: string[], options?: RunOptions): Ended => run('firnix-instantiate', words, options)
const prints = (words: string[], stdout: string, options?: RunOptions): void => {
  const ended = nix(words, options)
  assert.equal([ended.stderr, ended.stdout, ended.code], ['', stdout, 0])
}
const fails = (words: string[], stderr: string, options?: RunOptions): void => {
  const ended = nix(words, options)
  assert.equal([ended.stderr, ended.code], [stderr, 1])
}
const TRY = "Try 'nix-instantiate --help' for more information.\n"

test('--eval prints a line for each expression', () => {
  prints(['--eval', '-E', '1 + 1', '"a"', '[ (1 + 1) { } ]'], '2\n"a"\n[ <CODE> <CODE> ]\n')
})

test('--strict evaluates everything, --json, --xml and --raw print other forms', () => {
  prints(['--eval', '--strict', '-E', '{ a = [ (1 + 1) ]; }'], '{ a = [ 2 ]; }\n')
  prints(['--eval', '--strict', '--json', '-E', '{ a = [ (1 + 1) ]; }'], '{"a":[2]}\n')
  prints(['--eval', '--raw', '-E', '"a\\nb"'], 'a\nb')
  prints(
    ['--eval', '--strict', '--xml', '--no-location', '-E', '{ a = 1; }'],
    '<?xml version=\'1.0\' encoding=\'utf-8\'?>\n<expr>\n  <attrs>\n    <attr name="a">\n      <int value="1" />\n' +
      '    </attr>\n  </attrs>\n</expr>\n',
  )
})

test('of several errors --strict shows the one that is first in the order of names, whatever was read before', () =>
  withFolder((folder) => {
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const failing = (main: string, ...words: string[]): string =>
      nix(['--eval', '--strict', '--no-cache', ...words, main]).stderr.replaceAll(folder, '')
    // By their places `options` would come first, and with it the names of the other file.
    file('one.nix', '{ alpha = throw "alpha"; zeta = throw "zeta"; }\n')
    file('other.nix', '{ zeta = 1; alpha = builtins.trace "other" 2; }\n')
    const ordered = 'let config = 1; in { options = import ./other.nix; config = import ./one.nix; }\n'
    assert.match(failing(file('ordered.nix', ordered)), /\n {7}error: alpha\n$/)
    // By their places `hundred` would be known before it is too deep.
    const deep =
      'let walked = 1; count = n: if n == 0 then 0 else 1 + count (n - 1); hundred = count 100;\n' +
      '  nest = n: { next = if n == 60 then hundred else nest (n + 1); last = nest 0; };\n' +
      'in { hundred = hundred + 0; walked = nest 0; }\n'
    const error = failing(file('deep.nix', deep), '--option', 'max-call-depth', '150')
    assert.match(error, /error: stack overflow; max-call-depth exceeded\n {7}at \/deep\.nix:1:63:/)
  }))

test('what parts of a set share fails with the trace of the part that is first in the order of names', () => {
  const shared =
    'let one = 1; s = builtins.mapAttrs (name: value: throw name) { x = one; };\nin { two = s.x;\n  one = s.x; }'
  const { stderr } = nix(['--eval', '--strict', '--show-trace', '--no-cache', '-E', shared])
  assert.match(stderr, /evaluating the attribute 'one'\n {9}at «string»:3:3:/)
  assert.match(stderr, /from call site\n {9}at «string»:3:9:/)
})

test('JSON that cannot be written is not written half', () => {
  const ended = nix(['--eval', '--json', '-E', '[ 1 (1 + 1) ]'])
  assert.equal([ended.stdout, ended.code], ['', 1])
  assert.match(ended.stderr, /error: cannot convert a thunk to JSON/)
})

test('what was fetched and has another hash than was promised ends it with 102, caught or not', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'a.txt'), 'a')
    const fetch = `builtins.fetchurl { url = "file://${folder}/a.txt"; sha256 = "${'0'.repeat(52)}"; }`
    for (const text of [fetch, `builtins.tryEval (${fetch})`]) {
      const ended = nix(['--eval', '--strict', '--no-cache', '-E', text])
      assert.equal([ended.stdout, ended.code], ['', 102])
      assert.match(ended.stderr, /error: hash mismatch in file downloaded from 'file:/)
    }
  }))

test('- reads standard input, also between operands', () => {
  prints(['--eval', '-'], '3\n', { stdin: '1 + 2' })
  prints(['--eval', '-', '-E', '4'], '3\n4\n', { stdin: '1 + 2' })
  assert.match(nix(['--eval', '-'], { stdin: '1 +' }).stderr, /at «stdin»:1:4:/)
})

test('--parse prints the tree and knows names', () => {
  prints(['--parse', '-E', 'x: [ 1 ]', '2'], '(x: [ (1) ])\n2\n')
  fails(
    ['--parse', '-E', 'a: b'],
    "error: undefined variable 'b'\n       at «string»:1:4:\n            1| a: b\n             |    ^\n",
  )
})

test('-A selects, one line for each path; earlier lines stay when a later one fails', () => {
  const set = '{ a.b = [ 1 { c = 2; } ]; "d.e" = 3; f = { x ? 4 }: { y = x; }; }'
  prints(['--eval', '-E', set, '-A', 'a.b.1.c', '-A', '"d.e"', '-A', 'f.y'], '2\n3\n4\n')
  const ended = nix(['--eval', '-E', set, '-A', 'a.b.0', '-A', 'a.x'])
  assert.equal([ended.stdout, ended.code], ['1\n', 1])
  assert.is(ended.stderr, "error: attribute 'x' in selection path 'a.x' not found\n       Did you mean b?\n")
})

test('--arg and --argstr call functions; without them nothing is called', () => {
  prints(['--eval', '-E', '{ x ? 1 }: x'], '<LAMBDA>\n')
  prints(
    ['--eval', '-E', '{ x ? 1, y }: [ x y ]', '--strict', '--arg', 'x', '[ ]', '--argstr', 'y', '1'],
    '[ [ ] "1" ]\n',
  )
  prints(['--eval', '-E', '{ x }: 1', '--arg', 'x', 'throw "not asked for"'], '1\n')
})

test('--arg-from-file and --arg-from-stdin give strings', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'f'), 'text\n')
    prints(['--eval', '-E', '{ x }: x', '--arg-from-file', 'x', 'f'], '"text\\n"\n', { cwd: folder })
    prints(['--eval', '-E', '{ x }: x', '--arg-from-stdin', 'x'], '"in"\n', { stdin: 'in' })
    fails(
      ['--eval', '-E', '{ x }: x', '--arg-from-file', 'x', '/nonexistent/f'],
      'error: opening file "/nonexistent/f": No such file or directory\n',
    )
  }))

test('files, folders with a default.nix, and the default', () =>
  withFolder((folder) => {
    mkdirSync(join(folder, 'd'))
    mkdirSync(join(folder, 'empty'))
    writeFileSync(join(folder, 'd/default.nix'), '"d"')
    writeFileSync(join(folder, 'default.nix'), '"here"')
    const cwd = folder
    prints(['--eval', 'd', './d/default.nix'], '"d"\n"d"\n', { cwd })
    prints(['--eval'], '"here"\n', { cwd })
    fails(['--eval', 'empty'], `error: path '${folder}/empty/default.nix' does not exist\n`, { cwd })
    fails(['--eval', 'nope.nix'], `error: path '${folder}/nope.nix' does not exist\n`, { cwd })
  }))

test('the search path: -I, <name> as operand, --find-file', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'x.nix'), '"x"')
    prints(['-I', `a=${folder}`, '--eval', '<a/x.nix>'], '"x"\n')
    prints(['-I', `a=${folder}`, '--find-file', 'a', 'a/x.nix'], `${folder}\n${folder}/x.nix\n`)
    fails(
      ['--find-file', 'b'],
      "error: file 'b' was not found in the Nix search path (add it using $NIX_PATH or -I)\n",
    )
  }))

test('wrong usage ends with 1 and Nix’s text', () => {
  fails(['--bogus'], `error: unrecognised flag '--bogus'\n${TRY}`)
  fails(['-A'], `error: '-A' requires an argument\n${TRY}`)
  fails(['--arg', 'x'], `error: flag '--arg' requires 2 argument(s), but only 1 were given\n${TRY}`)
  fails(['--max-call-depth', 'abc'], `error: setting 'max-call-depth' has invalid value 'abc'\n${TRY}`)
  fails(['-EA'], `error: '-A' requires an argument\n${TRY}`)
})

test('settings that only builds need are taken', () => {
  prints(
    [
      '--timeout',
      '3',
      '-j3',
      '--cores',
      '2',
      '-kK',
      '--fallback',
      '-Q',
      '--log-format',
      'raw',
      '--eval',
      '-E',
      '1',
    ],
    '1\n',
  )
})

test('unknown settings and features warn', () => {
  const ended = nix(['--option', 'foo', 'bar', '--extra-experimental-features', 'bogus', '--eval', '-E', '1'])
  assert.is(ended.stderr, "warning: unknown experimental feature 'bogus'\nwarning: unknown setting 'foo'\n")
  assert.equal([ended.stdout, ended.code], ['1\n', 0])
})

test('lints: warnings on standard error, errors when fatal', () => {
  const warned = nix(['--lint-url-literals', 'warn', '--eval', '-E', 'http://a.b'])
  assert.equal([warned.stdout, warned.code], ['"http://a.b"\n', 0])
  assert.match(warned.stderr, /^warning: URL literals are discouraged\.[^\n]*\n {9}at «string»:1:1:\n/)
  const fatal = nix(['--lint-url-literals', 'fatal', '--eval', '-E', 'http://a.b'])
  assert.equal([fatal.stdout, fatal.code], ['', 1])
})

test('--show-trace shows all frames, nix.conf may say so too', () => {
  const frames = (ended: Ended): number => ended.stderr.match(/while calling 'f'/g)?.length ?? 0
  const words = ['--eval', '-E', 'let f = n: if n == 0 then throw "x" else 1 + f (n - 1); in f 9']
  assert.is(frames(nix(words)), 0)
  assert.ok(frames(nix(['--show-trace', ...words])) > 0)
  assert.ok(frames(nix(words, { env: { NIX_CONFIG: 'show-trace = true' } })) > 0)
})

test('pure and restricted evaluation', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'x.nix'), '1')
    const cwd = folder
    const forbidden = (how: string): string =>
      `error: access to absolute path '${folder}/x.nix' is forbidden ${how}\n`
    fails(
      ['--pure-eval', '--eval', 'x.nix'],
      forbidden("in pure evaluation mode (use '--impure' to override)"),
      { cwd },
    )
    fails(['--restrict-eval', '--eval', 'x.nix'], forbidden('in restricted mode'), { cwd })
    prints(['--restrict-eval', '-I', '.', '--eval', 'x.nix'], '1\n', { cwd })
    prints(['--pure-eval', '--impure', '--eval', 'x.nix'], '1\n', { cwd })
    prints(['--pure-eval', '--eval', '-E', 'builtins.getEnv "HOME"'], '""\n')
  }))

test('what may not be looked at is told of, not taken for missing', () => {
  const forbidden = /error: access to absolute path '\/nonexistent' is forbidden in restricted mode\n$/
  for (const text of [
    'builtins.readFileType /nonexistent',
    'builtins.findFile [ { prefix = "there"; path = /nonexistent; } ] "there"',
  ])
    assert.match(nix(['--restrict-eval', '--eval', '-E', text]).stderr, forbidden)
  prints(['--restrict-eval', '--eval', '-E', 'builtins.pathExists /nonexistent'], 'false\n')
})

test('pure evaluation knows no home directory', () => {
  fails(['--pure-eval', '--eval', '-E', 'x: ~/x'], "error: the path '~/x' can not be resolved in pure mode\n")
})

test('--version and --help', () => {
  prints(['--version', '--bogus'], 'nix-instantiate (Nix) 2.34.8\n')
  assert.match(nix(['--help']).stdout, /^Usage: nix-instantiate/)
})

test('--format-errors json: each message is a line of JSON', () => {
  const ended = nix(['--format-errors', 'json', '--eval', '-E', 'builtins.trace "t" (throw "x")'])
  const lines = ended.stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(
    lines.map((line) => line.raw_msg ?? line.msg),
    ['trace: t', 'x'],
  )
  assert.is(ended.code, 1)
})

test('-v tells of files that are evaluated, -vv also of what is copied and made', () =>
  withFolder((cwd) => {
    writeFileSync(join(cwd, 'one.nix'), '1')
    writeFileSync(join(cwd, 'bad.nix'), '{')
    writeFileSync(
      join(cwd, 'main.nix'),
      '{ a = import ./one.nix + import ./one.nix + scopedImport { } ./one.nix; s = "${./one.nix}"; bad = import ./bad.nix;' +
        ' d = (derivation { name = "d"; system = "s"; builder = "b"; }).drvPath; }',
    )
    const said = (...words: string[]) =>
      run('firnix-instantiate', words, { cwd }).stderr.replaceAll(cwd, '/w')
    const INTERNAL = "evaluating file '«nix-internal»/derivation-internal.nix'\n"
    const one = "evaluating file '/w/one.nix'\n"
    assert.is(said('--eval', 'main.nix', '-A', 'a'), '')
    assert.is(said('--eval', 'main.nix', '-A', 'a', '-v'), INTERNAL + one + one)
    assert.is(
      said('--eval', 'main.nix', '-A', 'a', '-A', 's', '-A', 'd', '-vv'),
      `${INTERNAL}${one}${one}hashing '/w/one.nix'...\n` +
        "copied source '/w/one.nix' -> '/nix/store/7kml6szrknfh7l5hc9gjyaa8in3jnh77-one.nix'\n" +
        "instantiated 'd' -> '/nix/store/9m3vsva6r393zgjc1g7ncynv7cvdx6sj-d.drv'\n",
    )
    assert.match(said('--eval', 'main.nix', '-A', 'bad', '-v'), /evaluating file '\/w\/bad.nix'\nerror:/)
    assert.is(run('firnix', ['eval', 'one.nix', '-v'], { cwd }).stderr.replaceAll(cwd, '/w'), INTERNAL + one)
  }))

test('--quiet three times hides warnings, and -v takes one back', () => {
  const said = (...words: string[]) =>
    run('firnix-instantiate', ['--eval', '-E', 'builtins.trace "t" 1', '--option', 'nosuch', '1', ...words])
      .stderr
  const warning = "warning: unknown setting 'nosuch'\n"
  assert.is(said('--quiet', '--quiet'), `${warning}trace: t\n`)
  assert.is(said('--quiet', '--quiet', '--quiet'), 'trace: t\n')
  assert.is(said('--quiet', '--quiet', '--quiet', '-v'), `${warning}trace: t\n`)
})

test.run()
