import * as fs from 'node:fs'
import * as net from 'node:net'
import { run as program } from '../support/program.ts'
import { assert, suite } from '../support/suite.ts'
import { Lab, tar } from './support.ts'

const test = suite('fetch/flakes')
const git = test.needs('git')
let lab: Lab

test.before.each(async () => {
  lab = new Lab('flakes')
  await lab.start()
})
test.after.each(() => lab.stop())

const flake = (name: string, text: string): void => {
  lab.write(`${name}/flake.nix`, text)
}
const get = (name: string, rest: string): string => `(builtins.getFlake "path:${lab.dir}/${name}")${rest}`

/** Writes the lock file that the program makes. */
const lock = (name: string): string => {
  const ended = firnix([`path:${lab.dir}/${name}#q`, '--write-lock-file'])
  if (ended.code !== 0) throw new Error(ended.stderr)
  return fs.readFileSync(`${lab.dir}/${name}/flake.lock`, 'utf8')
}
const firnix = (words: string[], cwd = lab.dir) =>
  program('firnix', ['eval', '--flake', ...words], { cwd, env: { XDG_CACHE_HOME: lab.cache } })

test('a flake without inputs has outputs, and tells of itself', () => {
  flake('a', '{ outputs = { self }: { x = 1; me = self; }; }')
  assert.is(lab.runNow(get('a', '.x')).value, '1')
  assert.is(
    lab.runNow(`builtins.attrNames (${get('a', '')})`).value,
    '[ "_type" "inputs" "lastModified" "lastModifiedDate" "me" "narHash" "outPath" "outputs" "sourceInfo" "x" ]',
  )
  assert.is(lab.runNow(get('a', '._type')).value, '"flake"')
  assert.is(lab.runNow(`${get('a', '.me.outPath')} == ${get('a', '.outPath')}`).value, 'true')
})

test('inputs are locked on the fly, which is told', () => {
  flake('b', '{ outputs = { self }: { v = 2; }; }')
  flake('a', `{ inputs.b.url = "path:${lab.dir}/b"; outputs = { self, b }: { x = b.v; }; }`)
  const { value, log } = lab.runNow(get('a', '.x'))
  assert.is(value, '2')
  assert.match(
    log.join('\n'),
    `warning: not writing modified lock file of flake 'path:${lab.dir}/a':\n\xe2\x80\xa2 Added input 'b':\n    'path:${lab.dir}/b?lastModified=`,
  )
})

test('a lock file that fits is followed without a word', () => {
  flake('b', '{ outputs = { self }: { v = 2; }; }')
  flake('a', `{ inputs.b.url = "path:${lab.dir}/b"; outputs = { self, b }: { q = b.v; }; }`)
  const text = lock('a')
  assert.match(text, '"version": 7')
  const { value, log } = lab.runNow(get('a', '.q'))
  assert.is(value, '2')
  assert.equal(log, [])
})

test('what a lock file promises must come', async () => {
  flake('b', '{ outputs = { self }: { v = 2; }; }')
  flake('a', `{ inputs.b.url = "path:${lab.dir}/b"; outputs = { self, b }: { q = b.v; }; }`)
  lock('a')
  flake('b', '{ outputs = { self }: { v = 3; }; }')
  assert.match(await lab.failure(get('a', '.q')), /^NAR hash mismatch in input 'path:/)
})

test('what cannot be copied is told of as part of the fetching', async () => {
  lab.write('a/flake.nix', '{ outputs = { self }: { }; }')
  const socket = net.createServer().listen(`${lab.dir}/a/socket`)
  try {
    const { error } = await lab.run(get('a', ''))
    assert.is(error?.message, `file '${lab.dir}/a/socket' has an unsupported type`)
    assert.ok(error?.trace.some(({ text }) => text === `while fetching the input 'path:${lab.dir}/a'`))
  } finally {
    socket.close()
  }
})

test('inputs follow others', () => {
  flake('c', '{ outputs = { self }: { v = "c"; }; }')
  flake('d', '{ outputs = { self }: { v = "d"; }; }')
  flake('b', `{ inputs.c.url = "path:${lab.dir}/c"; outputs = { self, c }: { v = c.v; }; }`)
  flake(
    'a',
    `{ inputs.b.url = "path:${lab.dir}/b"; inputs.d.url = "path:${lab.dir}/d"; inputs.b.inputs.c.follows = "d";
       inputs.e.follows = "b/c"; outputs = { self, b, d, e }: { q = b.v + e.v; }; }`,
  )
  assert.is(lab.runNow(get('a', '.q')).value, '"dd"')
  const text = lock('a')
  assert.match(text, /"c": \[\s+"d"\s+\]/)
  assert.equal(lab.runNow(get('a', '.q')), { value: '"dd"', log: [] })
})

test('following nothing, or oneself, is an error', async () => {
  flake('a', '{ inputs.x.follows = "y"; outputs = { self, x }: { }; }')
  assert.is(await lab.failure(get('a', '.q')), "input 'x' follows a non-existent input 'y'")
  flake('b', '{ inputs.x.follows = "y"; inputs.y.follows = "x"; outputs = { self, x, y }: { }; }')
  assert.match(await lab.failure(get('b', '.q')), 'follow cycle detected: [')
})

test('relative paths stay in the tree of the flake', () => {
  flake('a/sub', '{ outputs = { self }: { v = self.sourceInfo.outPath; }; }')
  flake('a', '{ inputs.s.url = "path:./sub"; outputs = { self, s }: { q = s.v == self.outPath; }; }')
  assert.is(lab.runNow(get('a', '.q')).value, 'true')
  assert.match(lock('a'), '"parent": []')
  assert.equal(lab.runNow(get('a', '.q')), { value: 'true', log: [] })
})

test('inputs that are no flakes are trees', async () => {
  const url = lab.serve('/t.tar', tar([{ name: 't/f', body: 'x' }]))
  flake(
    'a',
    `{ inputs.t = { url = "${url}"; flake = false; }; outputs = { self, t }: { q = builtins.readFile "\${t}/f"; }; }`,
  )
  assert.is(await lab.value(get('a', '.q')), '"x"')
})

test('circles and bad files are errors', async () => {
  flake('a', `{ inputs.a.url = "path:${lab.dir}/a"; outputs = { self, a }: { }; }`)
  assert.match(await lab.failure(get('a', '.q')), `found circular import of flake 'path:${lab.dir}/a'`)
  const wrong = async (text: string): Promise<string> => {
    flake('w', text)
    return lab.failure(get('w', '.q'))
  }
  assert.match(await wrong('1'), 'must be an attribute set')
  assert.match(await wrong('{ }'), "lacks attribute 'outputs'")
  assert.match(await wrong('{ outputs = 1; }'), 'expected a function but got an integer at ')
  assert.match(
    await wrong('{ outputs = { self }: { }; foo = 1; }'),
    "has an unsupported attribute 'foo', at ",
  )
  assert.match(
    await wrong('{ outputs = { self }: { }; foo = 1; bar = 2; }'),
    "has an unsupported attribute 'foo', at ",
  )
  assert.match(
    await wrong('{ inputs.a.url = "a" + "b"; outputs = { self, a }: { }; }'),
    'but got a thunk at ',
  )
  assert.match(
    await wrong('{ inputs.a.x = 1; outputs = { self, a }: { }; }'),
    "unexpected flake input attribute 'x', at",
  )
  lab.write('w/flake.lock', '{ "version": 3 }')
  assert.match(await wrong('{ outputs = { self }: { }; }'), 'has unsupported version 3')
  lab.write('w/flake.lock', '{')
  assert.match(await wrong('{ outputs = { self }: { }; }'), /^Could not parse '.*flake.lock': /)
})

test('a lock file that refers to itself ends', async () => {
  flake('a', '{ inputs.b.url = "path:/b"; outputs = { self, b }: { q = 1; }; }')
  const node = {
    locked: { type: 'path', path: '/b', narHash: 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
    original: { type: 'path', path: '/b' },
    inputs: { c: 'b' },
  }
  lab.write(
    'a/flake.lock',
    JSON.stringify({ nodes: { b: node, root: { inputs: { b: 'b' } } }, root: 'root', version: 7 }),
  )
  assert.match(await lab.failure(get('a', '.q')), 'nested too deeply')
})

test('registries name flakes', async () => {
  flake('b', '{ outputs = { self }: { v = 5; }; }')
  const registry = lab.write(
    'registry.json',
    JSON.stringify({
      version: 2,
      flakes: [{ from: { type: 'indirect', id: 'bee' }, to: { type: 'path', path: `${lab.dir}/b` } }],
    }),
  )
  const fetch = { flakeRegistry: registry }
  assert.is(await lab.value('(builtins.getFlake "bee").v', { fetch }), '5')
  assert.is(
    await lab.failure('builtins.getFlake "cee"', { fetch }),
    "cannot find flake 'flake:cee' in the flake registries",
  )
})

test('pure evaluation reads locked flakes and nothing else', async () => {
  flake('b', '{ outputs = { self }: { v = builtins.readDir self; w = builtins.readFile /etc/hostname; }; }')
  const { value } = lab.runNow(get('b', '.narHash'))
  const locked = `builtins.getFlake "path:${lab.dir}/b?narHash=${encodeURIComponent((value as string).slice(1, -1))}"`
  const settings = { pureEval: true }
  assert.is(await lab.value(`(${locked}).v`, { settings }), '{ "flake.nix" = "regular"; }')
  assert.match(await lab.failure(`(${locked}).w`, { settings }), 'is forbidden in pure evaluation mode')
  assert.match(
    await lab.failure(get('b', '.v'), { settings }),
    "cannot call 'getFlake' on unlocked flake reference",
  )
})

git('flakes in a repository are what git knows of it', async () => {
  const rev = lab.repository('r', {
    'sub/flake.nix': '{ outputs = { self }: { q = self.rev or self.dirtyRev; }; }',
  })
  assert.is(await lab.value(`(builtins.getFlake "git+file://${lab.dir}/r?dir=sub").q`), `"${rev}"`)
  const ended = firnix(['.#q'], `${lab.dir}/r/sub`)
  assert.is(ended.stdout, `"${rev}"\n`)
  lab.write('r/sub/x', '')
  lab.git('r', 'add', '--intent-to-add', 'sub/x')
  assert.is(firnix(['.#q', '--raw'], `${lab.dir}/r/sub`).stdout, `${rev}-dirty`)
})

// ------------------------------------------------------------------ the command line

test('what fails in outputs is told of as Nix does, places in its own file included', async () => {
  flake('a', '{ outputs = { self }: throw "no"; }')
  const { error } = await lab.run(get('a', '.x'))
  assert.is(error?.message, 'no')
  const texts = error?.trace.map(({ text }) => text)
  assert.ok(texts?.includes("while evaluating the attribute 'root.result'"))
  flake('b', '{ outputs = { self }: { }; }')
  const places = `builtins.unsafeGetAttrPos "_type" (${get('b', '')})`
  assert.is(lab.runNow(places).value, '{ column = 11; file = "/call-flake.nix"; line = 89; }')
})

test('what a flake.nix computes is not looked at', async () => {
  const is = async (text: string, message: RegExp): Promise<void> => {
    flake('a', text)
    assert.match(await lab.failure(get('a', '')), message)
  }
  await is('{ inputs = throw "x"; outputs = _: { }; }', /^expected a set but got a thunk at /)
  await is('{ inputs.a = throw "x"; outputs = _: { }; }', /^expected a set but got a thunk at /)
  await is(
    '{ inputs.a.url = throw "x"; outputs = _: { }; }',
    /^expected a string or a path but got a thunk at /,
  )
  await is('{ inputs.a.x = { }; outputs = _: { }; }', /^flake input attribute 'x' is a thunk while a string/)
})

test('settings of a flake are simple values or lists of strings', async () => {
  const is = async (value: string, message: string): Promise<void> => {
    flake('a', `{ nixConfig.x = ${value}; outputs = _: { }; }`)
    assert.is(await lab.failure(get('a', '')), message)
  }
  for (const [value, kind] of [
    ['{ }', 'a set'],
    ['1.5', 'a float'],
    ['null', 'null'],
    ['x: x', 'a function'],
    ['throw "x"', 'a thunk'],
  ]) {
    await is(value, `flake configuration setting 'x' is ${kind}`)
  }
  await is('[ 1 ]', "list element in flake configuration setting 'x' is a list while a string is expected")
  flake('a', '{ nixConfig.x = ./none; outputs = _: { }; }')
  assert.match(await lab.failure(get('a', '')), /^path '.*-source\/none' does not exist$/)
})

test('outputs of a derivation may be named behind the attribute', () => {
  flake('a', '{ outputs = { self }: { q = 1; }; }')
  assert.is(firnix([`path:${lab.dir}/a#q^out,dev`]).stdout, '1\n')
})

test('what is missing in a flake is told of as the store does it', () => {
  flake(
    'a',
    '{ outputs = { self }: { file = builtins.readFile ./x; dir = builtins.readDir ./x; code = import ./x; store = builtins.pathExists /nix/store; }; }',
  )
  const said = (attr: string): string => firnix([`path:${lab.dir}/a#${attr}`]).stderr
  assert.match(said('file'), /error: opening file '\/nix\/store\/.*-source\/x': No such file or directory/)
  assert.match(
    said('dir'),
    /error: cannot read directory "\/nix\/store\/.*-source\/x": No such file or directory/,
  )
  assert.match(said('code'), /error: path '\/nix\/store\/.*-source\/x' does not exist/)
  assert.is(firnix([`path:${lab.dir}/a#store`]).stdout, 'true\n')
})

git('a file that git does not track is named with what to do', () => {
  flake('a', '{ outputs = { self }: { q = import ./q.nix; none = import ./none.nix; }; }')
  lab.git('a', 'init', '-q', '-b', 'main')
  const said = (attr: string): string => firnix([`git+file://${lab.dir}/a#${attr}`]).stderr
  assert.match(said('q'), `Path 'flake.nix' in the repository "${lab.dir}/a" is not tracked by Git.`)
  lab.git('a', 'add', '.')
  lab.write('a/q.nix', '1')
  assert.match(said('q'), `Path 'q.nix' in the repository "${lab.dir}/a" is not tracked by Git.`)
  assert.match(said('q'), `git -C "${lab.dir}/a" add "q.nix"`)
  // What can be seen is told of where it is, not by its place in the store.
  assert.match(said('q'), ` at ${lab.dir}/a/flake.nix:1:`)
  assert.match(said('none'), `Path 'none.nix' does not exist in Git repository "${lab.dir}/a".`)
})

test('REF#ATTR is looked for among packages first', () => {
  flake(
    'a',
    `{ outputs = { self }: { x = 1; packages.x86_64-linux = { x = 2; default = 3; }; legacyPackages.x86_64-linux.l = 4; }; }`,
  )
  const a = `path:${lab.dir}/a`
  const at = (attr: string) =>
    program('firnix', ['eval', '--system', 'x86_64-linux', '--flake', `${a}${attr}`], {
      env: { XDG_CACHE_HOME: lab.cache },
    })
  assert.is(at('').stdout, '3\n')
  assert.is(at('#x').stdout, '2\n')
  assert.is(at('#.x').stdout, '1\n')
  assert.is(at('#l').stdout, '4\n')
  const none = at('#none')
  assert.is(none.code, 1)
  assert.match(
    none.stderr,
    `error: flake '${a}' does not provide attribute 'packages.x86_64-linux.none', 'legacyPackages.x86_64-linux.none' or 'none'`,
  )
})

test('a flake is evaluated purely unless it is asked otherwise', () => {
  flake('a', '{ outputs = { self }: { q = builtins ? currentTime; }; }')
  assert.is(firnix([`path:${lab.dir}/a#q`]).stdout, 'false\n')
  assert.is(firnix([`path:${lab.dir}/a#q`, '--impure']).stdout, 'true\n')
})

test('nothing is written unless it is asked for', () => {
  flake('b', '{ outputs = { self }: { v = 2; }; }')
  flake('a', `{ inputs.b.url = "path:${lab.dir}/b"; outputs = { self, b }: { q = b.v; }; }`)
  const first = firnix([`path:${lab.dir}/a#q`])
  assert.is(first.stdout, '2\n')
  assert.match(first.stderr, 'warning: not writing modified lock file')
  assert.not.ok(fs.existsSync(`${lab.dir}/a/flake.lock`))
  const refused = firnix([`path:${lab.dir}/a#q`, '--no-update-lock-file'])
  assert.is(refused.code, 1)
  assert.match(
    refused.stderr,
    "requires lock file changes but they're not allowed due to '--no-update-lock-file'",
  )
  const written = firnix([`path:${lab.dir}/a#q`, '--write-lock-file'])
  assert.match(written.stderr, `warning: creating lock file "${lab.dir}/a/flake.lock":`)
  assert.is(firnix([`path:${lab.dir}/a#q`, '--no-update-lock-file']).stderr, '')
})

test('inputs can be overridden', () => {
  flake('b', '{ outputs = { self }: { v = 2; }; }')
  flake('c', '{ outputs = { self }: { v = 7; }; }')
  flake('a', `{ inputs.b.url = "path:${lab.dir}/b"; outputs = { self, b }: { q = b.v; }; }`)
  assert.is(firnix([`path:${lab.dir}/a#q`, '--override-input', 'b', `path:${lab.dir}/c`]).stdout, '7\n')
})

test('a flake without a flake.nix is called as it was asked for, unless it is a path', async () => {
  const missing = (ref: string): Promise<string> => lab.failure(`builtins.getFlake "${ref}"`)
  const place = (text: string): string => `path '\xc2\xab${text}\xc2\xbb/flake.nix' does not exist`
  const url = lab.serve('/a.tar', tar([{ name: 't/a', body: '' }]))
  assert.is(await missing(url), place(url))
  assert.is(await missing(`${url}?dir=a/b`), `path '\xc2\xab${url}\xc2\xbb/a/b/flake.nix' does not exist`)
  lab.write('p/a', '')
  assert.match(
    await missing(`path:${lab.dir}/p`),
    /^path '\/nix\/store\/[a-z0-9]{32}-source\/flake\.nix' does not exist$/,
  )
})

test.needs('git')('one from Git is called by its revision', async () => {
  const rev = lab.repository('r', { a: '' })
  const ref = `git+file://${lab.dir}/r?ref=main`
  assert.is(
    await lab.failure(`builtins.getFlake "${ref}"`),
    `path '\xc2\xab${ref}&rev=${rev}\xc2\xbb/flake.nix' does not exist`,
  )
})

test.run()
