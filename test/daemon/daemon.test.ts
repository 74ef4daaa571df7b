// Writing to the store of a real nix-daemon: what Firnix puts there is what Nix takes for its own, and builds.

import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { tierOf } from '../../src/cli/session.ts'
import { Evaluator } from '../../src/evaluator.ts'
import { readSlowly, SocketChannel } from '../../src/io/node/daemon.ts'
import { NodeIO } from '../../src/io/node/node-io.ts'
import type { StoreItem } from '../../src/store/closure.ts'
import { DaemonClient } from '../../src/store/daemon-client.ts'
import { HashingWalker } from '../../src/store/nar.ts'
import { makeFixedOutputPath, makeTextPath, storeConfig } from '../../src/store/path.ts'
import { nixpkgsCheckout } from '../support/needs.ts'
import { type Ended, run } from '../support/program.ts'
import { inProject } from '../support/project.ts'
import { evalSettings } from '../support/settings.ts'
import { assert, suite } from '../support/suite.ts'
import { type Daemon, startDaemon } from './support.ts'

const test = suite('nix-daemon')
let daemon: Daemon

test.after(async () => {
  await daemon?.stop()
})

/** Starts it when the first test wants it. */
const running = async (): Promise<Daemon> => (daemon ??= await startDaemon())
const firnix = (...words: string[]): Ended =>
  run('firnix', words, { env: daemon.env, cwd: join(daemon.folder, 'work') })
const instantiate = (...words: string[]): Ended =>
  run('firnix-instantiate', words, { env: daemon.env, cwd: join(daemon.folder, 'work') })
const printed = (ended: Ended): string => {
  assert.is(ended.code, 0, ended.stderr)
  return ended.stdout.trimEnd()
}
const work = (name: string, text: string): string => {
  const path = join(daemon.folder, 'work', name)
  writeFileSync(path, text)
  return path
}

/** A derivation that /bin/sh builds. */
const sh = (name: string, script: string, more = ''): string =>
  `(derivation { name = "${name}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" ''${script}'' ]; ${more} })`

test.needs('nix')(
  'a derivation with sources, texts and filters is there as Nix would put it, and builds',
  async () => {
    await running()
    work('f.txt', 'hello\n')
    mkdirSync(join(daemon.folder, 'work/d/sub'), { recursive: true })
    work('d/sub/x', 'x\n')
    chmodSync(join(daemon.folder, 'work/d/sub/x'), 0o755)
    symlinkSync('../f.txt', join(daemon.folder, 'work/d/l'))
    const file = work(
      'x.nix',
      `let dep = ${sh('dep', 'echo dep > $out')}; in derivation {
      name = "x"; system = builtins.currentSystem; builder = "/bin/sh";
      args = [ (builtins.toFile "script" "read line < $src; echo $line \${builtins.toFile "inner" "i"} > $out") ];
      src = ./f.txt; dir = ./d; inherit dep;
      flat = builtins.path { path = ./d/sub/x; recursive = false; };
      copy = builtins.path { path = builtins.toFile "inner" "i"; name = "copied"; };
      flatCopy = builtins.path { path = builtins.toFile "inner" "i"; name = "flat"; recursive = false; };
      some = builtins.filterSource (p: t: baseNameOf p != "x") ./d;
    }`,
    )
    const drv = printed(firnix('instantiate', file, '--store', 'daemon'))
    assert.is(daemon.nix('nix-instantiate', file), drv)
    assert.is(daemon.nix('nix-store', '--query', '--requisites', drv).split('\n').length, 10)
    const out = daemon.nix('nix-store', '--realise', drv)
    assert.match(readFileSync(out, 'latin1'), /^hello .*-inner\n$/)
    daemon.nix('nix-store', '--verify', '--check-contents')
    // A second time there is nothing to add.
    assert.is(printed(instantiate(file)), drv)
  },
)

test.needs('nix')('a package of the corpus is built', async () => {
  await running()
  const file = work(
    'greeting.nix',
    `let tree = import ${inProject('corpus/tree')} { };
      stdenv = tree.stdenv.override { shell = "/bin/sh"; cc = null; initialPath = [ ]; };
    in stdenv.mkDerivation {
      pname = "greeting"; version = "1.0";
      outputs = [ "out" "doc" ];
      builder = builtins.toFile "build.sh" "echo hello > $out; echo how to greet > $doc";
    }`,
  )
  const drv = printed(instantiate(file))
  const outs = daemon
    .nix('nix-store', '--realise', drv)
    .split('\n')
    .sort((a, b) => a.length - b.length)
  assert.equal(
    outs.map((path) => readFileSync(path, 'latin1')),
    ['hello\n', 'how to greet\n'],
  )
})

test.needs('nix', 'nixpkgs')('hello of nixpkgs is there with its whole closure', async () => {
  await running()
  const drv = printed(instantiate(nixpkgsCheckout as string, '-A', 'hello'))
  const requisites = daemon.nix('nix-store', '--query', '--requisites', drv).split('\n')
  assert.ok(requisites.includes(drv))
  assert.ok(requisites.length > 200)
})

test.needs('nix')('only what is printed is written, and --readonly-mode writes nothing', async () => {
  await running()
  const file = work(
    'two.nix',
    `{ a = ${sh('ro-a', 'echo > $out')}; b = builtins.seq "\${${sh('ro-b', 'echo > $out')}}" ${sh('ro-c', 'echo')}; }`,
  )
  const valid = (path: string): boolean => {
    try {
      daemon.nix('nix-store', '--check-validity', path)
      return true
    } catch {
      return false
    }
  }
  const a = printed(instantiate('--readonly-mode', file, '-A', 'a'))
  assert.not(valid(a))
  assert.not(valid(printed(firnix('instantiate', file, '-A', 'a'))))
  const c = printed(instantiate(file, '-A', 'b'))
  assert.ok(valid(c))
  const b = printed(instantiate('--dry-run', '-E', sh('ro-b', 'echo > $out')))
  assert.not(valid(b))
})

test.needs('nix')('--add-root makes a symlink that keeps the derivation', async () => {
  await running()
  const drv = printed(instantiate('-E', sh('rooted', 'echo > $out')))
  const link = join(daemon.folder, 'work/kept')
  assert.is(printed(instantiate('-E', sh('rooted', 'echo > $out'), '--add-root', 'kept', '--indirect')), link)
  assert.is(readlinkSync(link), drv)
  assert.match(daemon.nix('nix-store', '--query', '--roots', drv), /work\/kept/)
  work('taken', '')
  const ended = instantiate('-E', sh('rooted', 'echo > $out'), '--add-root', 'taken')
  assert.equal(
    [ended.stderr, ended.code],
    [`error: cannot create symlink '${join(daemon.folder, 'work/taken')}'; already exists\n`, 1],
  )
  assert.ok(lstatSync(join(daemon.folder, 'work/taken')).isFile())
})

test.needs('nix')('import from derivation builds through the daemon that --store names', async () => {
  await running()
  const set = sh('ifd-set', 'echo "{ a = 42; }" > $out', 'src = builtins.toFile "s" "t";')
  const value = (expression: string, ...more: string[]): string =>
    printed(instantiate('--eval', '--strict', '--store', 'daemon', ...more, '-E', expression))
  assert.is(value(`(import ${set}).a`), '42')
  assert.is(value(`builtins.readFile ${set}`), '"{ a = 42; }\\n"')
  assert.is(value(`builtins.pathExists "\${${set}}/x"`), 'false')
  assert.is(
    value(`builtins.readFile (builtins.path { path = "\${${set}}"; name = "q"; })`),
    '"{ a = 42; }\\n"',
  )
  const late = sh(
    'ifd-ca',
    'echo 7 > $out',
    '__contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256";',
  )
  assert.is(value(`import "\${${late}}"`), '7')
  // What was read of a build goes into a derivation, which is written and built in turn.
  const user = sh('ifd-user', 'echo $v > $out', `v = (import ${set}).a;`)
  const drv = printed(instantiate('-E', user))
  assert.is(readFileSync(daemon.nix('nix-store', '--realise', drv), 'latin1'), '42\n')
})

test.needs('nix')('a build that fails is the error of the import', async () => {
  await running()
  const ended = instantiate(
    '--eval',
    '--store',
    'daemon',
    '-E',
    `import ${sh('ifd-bad', 'echo oops; exit 3')}`,
  )
  assert.is(ended.code, 1)
  assert.match(ended.stderr, /… while realising the context of path '.*-ifd-bad'/)
  assert.match(ended.stderr, /error: builder for '.*-ifd-bad\.drv' failed with exit code 3/)
  assert.match(ended.stderr, /> oops/)
})

test.needs('nix')('without --store daemon, and when the setting says so, nothing is built', async () => {
  await running()
  const expression = `import ${sh('ifd-no', 'echo 1 > $out')}`
  const refused =
    /error: cannot build '.*-ifd-no\.drv\^out' during evaluation because the option 'allow-import-from-derivation' is disabled\n$/
  for (const words of [[], ['--store', 'daemon', '--option', 'allow-import-from-derivation', 'false']]) {
    const ended = instantiate('--eval', ...words, '-E', expression)
    assert.match(ended.stderr, refused)
    assert.is(ended.code, 1)
  }
})

test.needs('nix')('old versions of the protocol do the same as new ones', async () => {
  await running()
  const io = new NodeIO()
  const store = storeConfig(io, daemon.storeDir)
  const source = {
    stat: (path: string) => io.stat(path),
    readFile: (path: string) => io.readFile(path),
    readChunks: (path: string, onChunk: (chunk: Uint8Array) => void) => io.readChunks(path, onChunk),
    readDir: (path: string) => io.readDir(path),
    readLink: (path: string) => io.readLink(path),
    readSlowly,
  }
  for (const minor of [18, 22, 24, 25, 27, 31, 32, 34]) {
    const client = await DaemonClient.open(
      await SocketChannel.open(daemon.socket, 'daemon'),
      store,
      () => {},
      0x100 + minor,
    )
    assert.is(client.protocol, 0x100 + minor)
    // More than the pieces in which files are read and sent.
    const path = work(`big-${minor}`, `${minor}`.repeat(700_000))
    chmodSync(path, 0o755)
    const walker = new HashingWalker(io, path)
    walker.walker.next()
    const recursive = { algo: 'sha256', hex: walker.result().hex } as const
    const flat = { algo: 'sha256', hex: io.hash('sha256', io.readFile(path)) } as const
    const entry = { kind: 'tree', path, kept: null, fetched: false } as const
    const text = `text of ${minor}`
    const tree = makeFixedOutputPath(store, 'recursive', recursive, 'tree')
    const textPath = makeTextPath(store, 'text', io.hash('sha256', text), [tree])
    const items: StoreItem[] = [
      { kind: 'tree', path: tree, name: 'tree', entry },
      { kind: 'tree', path: makeFixedOutputPath(store, 'flat', flat, 'flat'), name: 'flat', entry },
      { kind: 'text', path: textPath, name: 'text', method: 'text', references: [tree], text: () => text },
      {
        kind: 'text',
        path: makeFixedOutputPath(store, 'flat', { algo: 'sha256', hex: io.hash('sha256', text) }, 'copy'),
        name: 'copy',
        method: 'flat',
        references: [],
        text: () => text,
      },
    ]
    await client.addItems(items, source, (item) => item.name === 'flat')
    const paths = items.map((item) => item.path)
    assert.equal([...(await client.queryValidPaths([...paths, `${paths[0]}x`]))].sort(), [...paths].sort())
    await client.ensurePath(paths[0])
    client.close()
    assert.is(daemon.nix('nix-store', '--query', '--references', textPath), tree)
    assert.is(lstatSync(tree).mode & 0o777, 0o555)
    assert.is(lstatSync(paths[1]).mode & 0o777, 0o444)
  }
  daemon.nix('nix-store', '--verify', '--check-contents')
})

test.needs('nix')('a source that is no longer what was hashed is an error', async () => {
  await running()
  const path = work('changing', 'before')
  const evaluator = new Evaluator({
    tier: tierOf(process.env.FIRNIX_JIT),
    io: new NodeIO(),
    log: () => {},
    settings: evalSettings({ storeDir: daemon.storeDir }),
  })
  evaluator.evalText(`"\${${path}}"`, { origin: 'string', baseDir: '/' })
  const [storePath, entry] = [...evaluator.virtualStore.entries()][0]
  writeFileSync(path, 'after')
  const client = await DaemonClient.open(
    await SocketChannel.open(daemon.socket, 'daemon'),
    storeConfig(new NodeIO(), daemon.storeDir),
    () => {},
  )
  const item = { kind: 'tree', path: storePath, name: 'changing', entry } as StoreItem
  const source = Object.assign(new NodeIO(), { readSlowly })
  try {
    await client.addItems([item], source, () => false)
    assert.unreachable()
  } catch (error) {
    assert.match((error as Error).message, /changing' changed while it was copied to the store/)
  }
  client.close()
})

test.run()
