// How the programs behave towards pipes, signals, limits and bad input.
import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { UNIT } from '../../src/bytecode/chunk.ts'
import { OPS } from '../../src/bytecode/opcode-info.ts'
import { decodeChunk, type Entry, encodeChunk, newPackr } from '../../src/cache/format.ts'
import { cleanEnv, run, shell } from '../support/program.ts'
import { inProject, withFolder } from '../support/project.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('cli/manners')

/** An expression whose value is a string of 10 * 2^n bytes. */
const long = (n: number) => `let d = s: n: if n == 0 then s else d (s + s) (n - 1); in d "0123456789" ${n}`

test('a big result reaches a slow pipe whole', async () => {
  const reader =
    'let n = 0; setTimeout(() => process.stdin.on("data", (d) => (n += d.length)).on("end", () => console.log(n)), 300)'
  const ended = await shell(`$INSTANTIATE --eval --raw -E '${long(22)}' | $NODE -e '${reader}'`)
  assert.equal([ended.stdout.trim(), ended.stderr], ['41943040', ''])
})

test('a reader that goes away ends the program quietly', async () => {
  const reader =
    'process.stdin.once("data", (d) => { process.stdout.write(d.subarray(0, 5)); process.stdin.destroy() })'
  const ended = await shell(`$INSTANTIATE --eval --raw -E '${long(20)}' | $NODE -e '${reader}'`)
  assert.equal([ended.stdout, ended.stderr], ['01234', ''])
})

test('a reader that goes away ends a long list quietly', async () => {
  const reader = 'process.stdin.once("data", () => process.stdin.destroy())'
  for (const [form, text] of [
    ['', 'builtins.genList (x: x) 100000'],
    ['--json', 'builtins.genList (x: x) 100000'],
    ['--xml', 'builtins.genList (x: x) 100000'],
  ]) {
    const ended = await shell(`{ $FIRNIX eval ${form} -E '${text}'; echo $? >&2; } | $NODE -e '${reader}'`)
    assert.is(ended.stderr, '141\n')
  }
})

// Elsewhere there is no device that is always full.
if (process.platform === 'linux') {
  test('output that cannot be written is one error, and no result that is kept', () =>
    withFolder(async (folder) => {
      const words = `-E '[ (1 + 1) ]' --cache-results --cache-dir '${folder}/cache'`
      const full = async (form: string) => {
        const ended = await shell(`$FIRNIX eval ${form} > /dev/full; echo $?`)
        return [ended.stdout, ended.stderr]
      }
      const failed = ['1\n', 'error: writing to file: No space left on device\n']
      for (const form of ['', '--json', '--xml']) {
        assert.equal(await full(`${form} -E 'builtins.genList (x: { a = x + 1; }) 10000'`), failed)
      }
      assert.equal(await full(words), failed)
      assert.is((await shell(`$FIRNIX eval ${words}`)).stdout, '[ 2 ]\n')
      // The kept result fares no better.
      assert.equal(await full(words), failed)
    }))
}

test('a string beyond V8’s limit is an error of the program', () => {
  const ended = run('firnix-instantiate', ['--eval', '-E', long(30)])
  assert.equal([ended.code, ended.stdout], [1, ''])
  assert.match(ended.stderr, /^error: .*string/)
})

test('where no code may be made from strings, programs run all the same', () => {
  const flags = ['--disallow-code-generation-from-strings', inProject('dist/firnix-instantiate.js'), '--eval']
  const text = 'let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 5000'
  const ended = spawnSync(process.execPath, [...flags, '-E', text], { env: cleanEnv() })
  assert.equal([ended.status, ended.stdout.toString()], [0, '5000\n'])
})

test('a small heap that fills slowly is an error of the program', () => {
  const program = [inProject('dist/firnix-instantiate.js'), '--eval', '-E']
  const text =
    'let g = x: builtins.genList (y: x + y) 100000; in builtins.deepSeq (builtins.genList g 1000000) 1'
  const ended = spawnSync(process.execPath, ['--max-old-space-size=100', ...program, text], {
    env: cleanEnv(),
  })
  assert.is(ended.status, 1)
  assert.match(ended.stderr.toString(), /error: out of memory: the heap of 100 MiB is full/)
})

/** An expression that takes more than a heap of 100 MiB; its value is 1. */
const FILLS = 'builtins.deepSeq (builtins.genList (x: builtins.genList (y: x + y) 1000) 3000) 1'
/** One that reads the twenty files of `manyFiles`; its value is 190. */
const IMPORTS = "builtins.foldl' (a: n: a + import (./f + toString n)) 0 (builtins.genList (n: n) 20)"

/** Makes a program of many files: those, and `default.nix`. */
function manyFiles(folder: string, text: string): void {
  for (let n = 0; n < 20; n++) writeFileSync(join(folder, `f${n}`), `${n}`)
  writeFileSync(join(folder, 'default.nix'), text)
}

/** What a program prints in a folder, to standard output and to standard error. `more`: of the environment. */
function printed(folder: string, more: Record<string, string>, program: string, words: string[]): string[] {
  const env = { ...cleanEnv(), ...more }
  const ended = spawnSync(process.execPath, [inProject(`dist/${program}.js`), ...words], { env, cwd: folder })
  return [ended.stdout.toString(), ended.stderr.toString()]
}

const SMALL_HEAP = { FIRNIX_HEAP: '100' }

test('a program of many files begins again with the heap that the machine has when V8 gave it too little', () =>
  withFolder((folder) => {
    manyFiles(folder, `${IMPORTS} + ${FILLS}`)
    const said = (...words: string[]) =>
      printed(folder, SMALL_HEAP, 'firnix', ['eval', '--no-cache', ...words])
    const [result, note] = said('default.nix')
    assert.is(result, '191\n')
    assert.match(note, /^note: the heap of 100 MiB is full; beginning again with \d+ MiB\n$/)
    // A small program is rather one that never ends.
    assert.match(said('-E', FILLS)[1], /error: out of memory: the heap of 100 MiB is full/)
  }))

test('a command that has filled the heap begins with a larger one the next time, where there is a cache', () =>
  withFolder((folder) => {
    manyFiles(folder, `${IMPORTS} + ${FILLS}`)
    const said = (...words: string[]) =>
      printed(folder, SMALL_HEAP, 'firnix', words).map((text) => text.replace(/\d+ MiB/g, 'N MiB'))
    const note = 'note: the heap of N MiB is full; beginning again with N MiB\n'
    const command = ['eval', '--cache-dir', 'cache', 'default.nix']
    assert.equal(said(...command), ['191\n', note])
    assert.equal(said(...command), ['191\n', ''])
    // Another command is another matter, and a cache that was cleared knows nothing.
    assert.equal(said(...command, '--show-trace'), ['191\n', note])
    said('cache', 'clear', '--cache-dir', 'cache')
    assert.equal(said(...command), ['191\n', note])
  }))

test('a program that begins again with a larger heap says nothing twice', () =>
  withFolder((folder) => {
    const drv = 'n: derivation { name = n; system = "s"; builder = "b"; }'
    const traced = (name: string, text: string) => `${name} = builtins.trace "${name}" (toString (${text}));`
    manyFiles(
      folder,
      `let drv = ${drv}; ${traced('many', IMPORTS)} ${traced('big', FILLS)} in ` +
        '{ a = drv "a${many}"; b = drv "b${big}"; c = builtins.trace "c" (drv "c"); list = [ many big "end" ]; }',
    )
    for (const words of [
      ['-A', 'a', '-A', 'b', '-A', 'c'],
      ['--eval', '--strict', '--xml', '-A', 'list'],
    ]) {
      const whole = printed(folder, {}, 'firnix-instantiate', words)
      assert.match(whole[1], /trace: big/)
      const [result, lines] = printed(folder, SMALL_HEAP, 'firnix-instantiate', words)
      assert.equal([result, lines.replace(/^note: the heap of .*\n/m, '')], whole)
    }
  }))

test('what a name under `with` meant in a call is let go when the call is over', () => {
  // Each of the forty functions has a big list beside its `with`, eight times; all of them together do not fit.
  const sum = "zero + builtins.foldl' (a: x: a + builtins.length x) zero big"
  const functions = `(big: with id scope; ${sum}) `.repeat(40)
  const text =
    'let id = x: x; scope = { zero = 0; }; ' +
    "run = f: builtins.foldl' (a: i: a + f (builtins.genList (x: [ x i ]) 24000)) 0 (builtins.genList (i: i) 8); " +
    `in builtins.foldl' (a: f: a + run f) 0 [ ${functions}]`
  const program = ['--max-old-space-size=80', inProject('dist/firnix-instantiate.js'), '--eval', '-E', text]
  const ended = spawnSync(process.execPath, program, { env: { ...cleanEnv(), FIRNIX_JIT: 'off' } })
  assert.is(ended.stderr.toString(), '')
  assert.is(ended.stdout.toString(), '15360000\n')
})

/** Attributes that each keep a list of so many numbers, which the value that is walked keeps alive. */
const keeping = (size: number, count: number): string =>
  `let keep = i: builtins.genList (x: x + i) ${size}; lists = builtins.genList keep ${count}; in ` +
  'builtins.listToAttrs (builtins.genList (i: { name = "p${toString (i + 100)}"; value = builtins.deepSeq ' +
  `(builtins.elemAt lists i) (derivation { name = "p\${toString i}"; system = "s"; builder = "b"; }); }) ${count})`

const jobsWithHeap = (size: number, words: string[], stdin = '') =>
  run('firnix', ['jobs', ...words], { env: { NODE_OPTIONS: `--max-old-space-size=${size}` }, stdin })

test('a walk over attributes that do not fit into the heap together goes on with what is left', () => {
  const text = keeping(100_000, 60)
  const whole = jobsWithHeap(2000, ['-E', text])
  assert.is(whole.stdout.split('\n').length, 61)
  assert.equal(jobsWithHeap(200, ['-E', text]), whole)
})

test('it does so where its text comes from standard input, and in each of several parts', () => {
  const text = keeping(100_000, 40)
  const parts = `{ a = ${text}; b = ${text}; }`
  const words = ['-', '-A', 'b', '-A', 'a', '--apply', 'd: { inherit (d) name; }']
  const whole = jobsWithHeap(2000, words, parts)
  assert.is(whole.stdout.split('\n').length, 81)
  assert.equal(jobsWithHeap(150, words, parts), whole)
})

test('--max-memory-size is where a walk lets go of what it has evaluated', () => {
  const text = keeping(100_000, 40)
  const whole = jobsWithHeap(2000, ['-E', text])
  const traced = `builtins.trace "begun" (${text})`
  const { stdout, stderr } = jobsWithHeap(2000, ['-E', traced, '--max-memory-size', '60'])
  assert.is(stdout, whole.stdout)
  assert.ok(stderr.split('\n').length > 2, stderr)
  assert.is(jobsWithHeap(2000, ['-E', traced]).stderr, 'trace: begun\n')
  assert.match(
    jobsWithHeap(2000, ['--max-memory-size', '0']).stderr,
    /'--max-memory-size' must be a positive number/,
  )
})

test('an attribute that does not fit into the heap ends a walk, and none is to blame', () => {
  const big = 'builtins.genList (i: builtins.genList (x: x + i) 1000) 20000'
  const drv = 'derivation { name = "d"; system = "s"; builder = "b"; }'
  const { code, stdout, stderr } = jobsWithHeap(200, [
    '-E',
    `let big = ${big}; drv = ${drv}; in { a = drv; b = builtins.deepSeq big drv; c = drv; }`,
  ])
  assert.is(code, 1)
  assert.match(stderr, /error: out of memory: the heap of 200 MiB is full/)
  assert.is(stderr.match(/out of memory/g)?.length, 1)
  assert.match(stdout, /^\{"attr":"a",.*\n$/)
  assert.not.match(stdout, /"error"/)
})

test('SIGINT ends an evaluation at once', async () => {
  const child = spawn(
    process.execPath,
    [
      inProject('dist/firnix-instantiate.js'),
      '--eval',
      '--max-call-depth',
      '1000000000',
      '-E',
      'builtins.trace "ready" (let f = x: f (x + 1); in f 0)',
    ],
    { env: cleanEnv(), stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let stdout = ''
  child.stdout.on('data', (data) => (stdout += data))
  await new Promise((seen) => child.stderr.once('data', seen))
  child.kill('SIGINT')
  const [code, signal] = await new Promise<[number | null, string | null]>((done) =>
    child.on('close', (code, signal) => done([code, signal])),
  )
  assert.ok(code === 130 || signal === 'SIGINT', `ended with ${code} ${signal}`)
  assert.is(stdout, '')
})

test('files that cannot be read give one error', () =>
  withFolder((folder) => {
    symlinkSync('loop', join(folder, 'loop'))
    mkdirSync(join(folder, 'dir'))
    const files: Record<string, string> = {
      'empty.nix': '',
      'binary.nix': '\x00\x01\x02\xff\xfe',
      'cut.nix': '{ a = "x',
      'nul.nix': '"a\x00b"',
      'utf8.nix': '"\xff\xfe" + 1',
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, 'latin1')
    for (const name of [...Object.keys(files), 'loop', 'dir', 'nope']) {
      const ended = run('firnix-instantiate', ['--eval', join(folder, name)])
      assert.is(ended.code, 1, name)
      assert.is(ended.stderr.match(/error: /g)?.length, 1, `${name}: ${ended.stderr}`)
      assert.not.match(ended.stderr, /\.js:\d|node:/, name)
    }
  }))

test('50 MB of rubbish give one error', () =>
  withFolder((folder) => {
    const file = join(folder, 'big.nix')
    writeFileSync(file, Buffer.alloc(50_000_000, '( '))
    const ended = run('firnix-instantiate', ['--eval', file])
    assert.is(ended.code, 1)
    assert.match(ended.stderr, /^error: /)
  }))

test('the code cache is made anew when a run does something new, and never trusted', () =>
  withFolder((folder) => {
    const env = { ...cleanEnv(), XDG_CACHE_HOME: folder }
    const evaluate = (...words: string[]) => run('firnix-instantiate', ['--eval', '-E', ...words], { env })
    const file = () => {
      const found = readdirSync(join(folder, 'firnix')).filter((name) => name.startsWith('code-program-'))
      assert.is(found.length, 1)
      return join(folder, 'firnix', found[0])
    }
    assert.is(evaluate('1 + 1').stdout, '2\n')
    const first = readFileSync(file())
    assert.is(evaluate('1 + 2').stdout, '3\n')
    assert.ok(readFileSync(file()).equals(first), 'a run of the same kind leaves it')
    assert.is(evaluate('--json', '[ 1 ]').stdout, '[1]\n')
    assert.not.ok(readFileSync(file()).equals(first), 'a run of another kind adds to it')
    for (const bytes of ['', 'x', 'damaged '.repeat(1000)]) {
      writeFileSync(file(), bytes)
      assert.is(evaluate('1 + 1').stdout, '2\n')
      assert.ok(readFileSync(file()).length > 10_000)
    }
  }))

test('the code cache is made in a home without caches, or in the cache directory of those without a home', () =>
  withFolder((folder) => {
    const codeIn = (path: string) =>
      existsSync(path) && readdirSync(path).some((name) => name.startsWith('code-'))
    const evaluate = (home: string, ...words: string[]) =>
      run('firnix-instantiate', [...words, '--eval', '-E', '1 + 1'], { env: { ...cleanEnv(), HOME: home } })
    const home = join(folder, 'home')
    mkdirSync(home)
    assert.is(evaluate(home).stdout, '2\n')
    assert.ok(codeIn(join(home, '.cache/firnix')))
    const none = join(folder, 'none')
    const cache = join(folder, 'cache')
    assert.is(evaluate(none).stdout, '2\n')
    assert.not.ok(existsSync(none))
    assert.is(evaluate(none, '--cache-dir', cache).stdout, '2\n')
    assert.not.ok(existsSync(none))
    assert.ok(codeIn(cache))
  }))

test('a cache that was cleared is empty, also of the code of the run that cleared it', () =>
  withFolder((folder) => {
    const env = { ...cleanEnv(), XDG_CACHE_HOME: folder }
    const code = () => readdirSync(join(folder, 'firnix')).filter((name) => name.startsWith('code-'))
    assert.is(run('firnix-instantiate', ['--eval', '-E', '1 + 1'], { env }).stdout, '2\n')
    assert.ok(code().length > 0)
    assert.match(run('firnix', ['cache', 'clear'], { env }).stdout, /^removed +\d+ \(\d.*iB\)$/m)
    assert.equal(code(), [])
  }))

test('a long run adds to the code cache what a short one did not need', () =>
  withFolder((folder) => {
    const env = { ...cleanEnv(), XDG_CACHE_HOME: folder }
    const file = () => {
      const [name] = readdirSync(join(folder, 'firnix')).filter((name) => name.startsWith('code-program-'))
      return readFileSync(join(folder, 'firnix', name))
    }
    const evaluate = (expression: string) =>
      run('firnix-instantiate', ['--eval', '-E', expression], { env }).stdout
    assert.is(evaluate('1 + 1'), '2\n')
    const short = file()
    const long = "builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 200000)"
    assert.is(evaluate(long), '19999900000\n')
    assert.not.ok(file().equals(short))
  }))

test('programs that load no other file have a code cache of their own', () =>
  withFolder((folder) => {
    const env = { ...cleanEnv(), XDG_CACHE_HOME: folder }
    writeFileSync(join(folder, 'a.nix'), '1')
    writeFileSync(join(folder, 'b.nix'), 'import ./a.nix')
    const after = (...words: string[]): number => {
      assert.is(run('firnix-instantiate', ['--eval', ...words], { env, cwd: folder }).stdout, '1\n')
      return readdirSync(join(folder, 'firnix')).filter((name) => name.startsWith('code-program-')).length
    }
    assert.is(after('a.nix'), 1)
    assert.is(after('-E', '1'), 1)
    assert.is(after('b.nix'), 2)
    assert.is(after('-E', 'import ./a.nix'), 2)
    assert.is(after('-A', 'x', '--arg', 'y', '2', '-E', '{ x = 1; }'), 2)
  }))

test('a code cache that is no file does not block, and old ones go', () =>
  withFolder((folder) => {
    const env = { ...cleanEnv(), XDG_CACHE_HOME: folder }
    const evaluate = () =>
      run('firnix-instantiate', ['--eval', '-E', '1 + 1'], { env, timeout: 20_000 }).stdout
    const names = () =>
      readdirSync(join(folder, 'firnix')).filter((name) => /^code-(?!compile-|rest-)/.test(name))
    assert.is(evaluate(), '2\n')
    const [name] = names()
    const file = join(folder, 'firnix', name)
    unlinkSync(file)
    if (process.platform !== 'win32') spawnSync('mkfifo', ['-m', '600', file])
    const old = new Date(Date.now() - 40 * 86_400_000)
    for (const other of ['code-old.bin', `${name}.17`, 'other.bin']) {
      writeFileSync(join(folder, 'firnix', other), 'x')
      utimesSync(join(folder, 'firnix', other), old, old)
    }
    writeFileSync(join(folder, 'firnix', 'code-new.bin'), 'x')
    assert.is(evaluate(), '2\n')
    assert.equal(names().sort(), ['code-new.bin', name].sort())
    assert.ok(statSync(file).isFile())
    assert.ok(existsSync(join(folder, 'firnix', 'other.bin')))
    // Where it cannot be put in its place nothing stays behind.
    unlinkSync(file)
    mkdirSync(file)
    assert.is(evaluate(), '2\n')
    assert.equal(names().sort(), ['code-new.bin', name].sort())
  }))

test('statistics that cannot be written leave the value and a warning', () =>
  withFolder((folder) => {
    const env = { NIX_SHOW_STATS: '1', NIX_SHOW_STATS_PATH: join(folder, 'no', 'stats') }
    const { code, stdout, stderr } = run('firnix-instantiate', ['--eval', '-E', '1'], { cwd: folder, env })
    assert.equal([code, stdout], [0, '1\n'])
    assert.is(
      stderr,
      `warning: cannot write the statistics to "${env.NIX_SHOW_STATS_PATH}": No such file or directory\n`,
    )
  }))

test('looking after a cache that cannot be read is one error', () =>
  withFolder((folder) => {
    symlinkSync('round', join(folder, 'round'))
    writeFileSync(join(folder, 'file'), '')
    for (const [dir, message] of [
      ['round', "reading the cache 'round': Too many levels of symbolic links"],
      ['n'.repeat(300), `reading the cache '${'n'.repeat(300)}': File name too long`],
      ['file', "the cache 'file' is not a directory"],
    ]) {
      const env = { FIRNIX_CACHE_DIR: dir }
      for (const action of ['stats', 'verify', 'prune', 'clear']) {
        const failed = [1, `error: ${message}\n`]
        const named = run('firnix', ['cache', action, '--cache-dir', dir], { cwd: folder })
        assert.equal([named.code, named.stderr], failed)
        const meant = run('firnix', ['cache', action], { cwd: folder, env })
        assert.equal([meant.code, meant.stderr], failed)
      }
    }
    assert.is(run('firnix', ['cache', 'stats', '--cache-dir', 'none'], { cwd: folder }).code, 0)
  }))

test('a cache directory without a name is wrong usage', () =>
  withFolder((folder) => {
    const message = "error: '--cache-dir' must be a directory, not ''\n"
    for (const words of [
      ['eval', '-E', '1', '--cache-results'],
      ['cache', 'clear'],
    ]) {
      const { code, stderr } = run('firnix', [...words, '--cache-dir', ''], { cwd: folder })
      assert.is(code, 2)
      assert.ok(stderr.startsWith(message), stderr)
    }
    assert.equal(readdirSync(folder), [])
  }))

test('stored code that turns out to be wrong is run anew without the cache, and forgotten', () =>
  withFolder((folder) => {
    const source = join(folder, 'a.nix')
    const dir = join(folder, 'cache')
    writeFileSync(source, 'let f = x: { g = y: { h = z: x + y + z; }; }; in { a = ((f 1).g 2).h 3; }')
    const evaluate = (...words: string[]) => run('firnix', ['eval', source, '--cache-dir', dir, ...words])
    const clean = evaluate()
    const entry = () => {
      for (const name of readdirSync(join(dir, 'chunks'), { recursive: true }) as string[]) {
        const path = join(dir, 'chunks', name)
        if (statSync(path).isFile()) return path
      }
      return ''
    }
    const good = readFileSync(entry())
    const packr = newPackr()
    /** Writes the entry with every operand of a kind (or every instruction) replaced. */
    const forge = (kind: string, word: number) => {
      const { chunk, header } = decodeChunk(packr, Uint8Array.from(good)) as Entry
      const { code, units } = chunk
      for (let u = UNIT.STRIDE; u < units.length; u += UNIT.STRIDE) {
        for (let pc = units[u + UNIT.PC]; pc < code.length && code[pc] < OPS.length; ) {
          const { operands, name } = OPS[code[pc]]
          if (kind === 'opcode') code[pc] = word
          for (let i = 0; i < operands.length; i++) if (operands[i] === kind) code[pc + 1 + i] = word
          if (name === 'RETURN' || name === 'TAIL_CALL') break
          pc += 1 + operands.length
        }
      }
      writeFileSync(entry(), encodeChunk(packr, chunk, header) as Uint8Array)
    }
    // The first is found by the check of a unit; the second leads out of the outermost environment.
    for (const [kind, word] of [
      ['opcode', 999],
      ['hops', 5000],
    ] as const) {
      forge(kind, word)
      assert.not.ok(readFileSync(entry()).equals(good))
      const ended = evaluate()
      assert.equal([ended.code, ended.stdout, ended.stderr], [clean.code, clean.stdout, ''])
      assert.is(entry(), '')
      evaluate()
      assert.ok(readFileSync(entry()).length > 0)
    }
  }))

// Elsewhere nobody keeps the bytes that Node has decoded.
if (process.platform === 'linux') {
  test('words, variables and the working folder may be bytes that are no UTF-8', () =>
    withFolder(async (folder) => {
      const ended = await shell(
        `odd=$(printf 'a\\377') && mkdir "$odd" && cd "$odd" && printf 7 > "$odd.nix" && export ODD="$odd" &&
        $INSTANTIATE --eval "$odd.nix" && $INSTANTIATE --eval -E "builtins.stringLength \\"$odd\\"" &&
        $INSTANTIATE --eval -E 'builtins.stringLength (builtins.getEnv "ODD")' 'builtins.stringLength (baseNameOf ./.)'`,
        { cwd: folder },
      )
      assert.equal([ended.stdout, ended.stderr], ['7\n2\n2\n2\n', ''])
    }))
}

test.run()
