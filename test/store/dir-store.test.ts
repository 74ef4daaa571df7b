// `--store DIR`: a directory shaped like a store, written without a daemon.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Ended, run } from '../support/program.ts'
import { withFolder } from '../support/project.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('--store DIR')

/** A folder whose stores are made writable again, so that it can be removed. */
const inFolder = (body: (folder: string) => void): Promise<void> =>
  withFolder((folder) => {
    try {
      body(folder)
    } finally {
      spawnSync('chmod', ['-R', 'u+rwx', folder])
    }
  })
const drv = (more = ''): string => `derivation { name = "x"; builder = "b"; system = "s"; ${more} }`
const put = (folder: string, expression: string, store = './out'): Ended =>
  run('firnix', ['instantiate', '-E', expression, '--store', store], { cwd: folder })

test('derivations, texts and trees, with the modes and times of a store', () =>
  inFolder((folder) => {
    mkdirSync(join(folder, 'd/sub'), { recursive: true })
    writeFileSync(join(folder, 'd/sub/run'), 'x')
    writeFileSync(join(folder, 'd/plain'), 'y')
    chmodSync(join(folder, 'd/sub/run'), 0o755)
    symlinkSync('sub/run', join(folder, 'd/link'))
    const flat = 'builtins.path { path = ./d/sub/run; recursive = false; }'
    const some = 'builtins.filterSource (p: t: baseNameOf p != "sub") ./d'
    const ended = put(
      folder,
      drv(`d = ./d; t = builtins.toFile "t" "\${builtins.toFile "u" "v"}"; f = ${flat}; s = ${some};
           i = derivation { name = "i"; builder = "b"; system = "s"; };`),
    )
    assert.is(ended.code, 0, ended.stderr)
    const store = join(folder, 'out/nix/store')
    const names = readdirSync(store)
    const named = (name: string): string[] =>
      names.filter((n) => n.slice(33) === name).map((n) => join(store, n))
    assert.equal(names.map((n) => n.slice(33)).sort(), ['d', 'd', 'i.drv', 'run', 't', 'u', 'x.drv'])
    assert.is(join(store, ended.stdout.trimEnd().slice('/nix/store/'.length)), named('x.drv')[0])
    assert.match(readFileSync(named('x.drv')[0], 'latin1'), /^Derive\(\[\("out","\/nix\/store\//)
    assert.is(readFileSync(named('t')[0], 'latin1'), named('u')[0].replace(store, '/nix/store'))
    const [whole, part] = named('d').sort((a, b) => readdirSync(b).length - readdirSync(a).length)
    assert.equal(
      [readdirSync(whole), readdirSync(part)],
      [
        ['link', 'plain', 'sub'],
        ['link', 'plain'],
      ],
    )
    assert.is(readlinkSync(join(whole, 'link')), 'sub/run')
    const mode = (path: string): number => lstatSync(path).mode & 0o777
    assert.equal(
      [mode(whole), mode(join(whole, 'sub/run')), mode(join(whole, 'plain')), mode(named('run')[0])],
      [0o555, 0o555, 0o444, 0o444],
    )
    assert.equal([lstatSync(whole).mtimeMs, lstatSync(join(whole, 'link')).mtimeMs], [1000, 1000])
    // Again: everything is there.
    assert.is(put(folder, drv()).code, 0)
  }))

test('a directory that ends in the store directory is the store itself', () =>
  inFolder((folder) => {
    assert.is(put(folder, drv(), `${folder}/other/nix/store`).code, 0)
    assert.equal(readdirSync(join(folder, 'other/nix/store')), ['5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv'])
  }))

test('only what a printed derivation needs is written', () =>
  inFolder((folder) => {
    const other = 'derivation { name = "other"; builder = "b"; system = "s"; }'
    assert.is(put(folder, `builtins.seq "\${${other}}" (${drv()})`).code, 0)
    assert.is(readdirSync(join(folder, 'out/nix/store')).length, 1)
  }))

test('what cannot be read or written is an error, and nothing half-written stays', () =>
  inFolder((folder) => {
    mkdirSync(join(folder, 'd'))
    // A socket is there as soon as somebody listens on it.
    const server = createServer().listen(join(folder, 'd/socket'))
    const ended = put(folder, drv('d = ./d;'))
    server.close()
    assert.match(ended.stderr, /error: file '.*\/d\/socket' has an unsupported type\n$/)
    assert.equal([ended.code, existsSync(join(folder, 'out'))], [1, false])
    writeFileSync(join(folder, 'file'), '')
    const blocked = put(folder, drv(), './file')
    assert.match(blocked.stderr, /^error: creating directory '.*\/file\/nix\/store': /)
    assert.equal([blocked.stdout, blocked.code], ['', 1])
    const foreign = put(
      folder,
      drv('d = builtins.storePath "/nix/store/5wq5jx7219pmi3xklyhl77fjbqvy6qaj-y";'),
    )
    assert.match(
      foreign.stderr,
      /error: path '\/nix\/store\/5wq5jx7219pmi3xklyhl77fjbqvy6qaj-y' is not valid\n$/,
    )
    assert.equal(
      existsSync(join(folder, 'out/nix/store')) && readdirSync(join(folder, 'out/nix/store')),
      false,
    )
  }))

test("Nix's own store is not written past its daemon", () =>
  inFolder((folder) => {
    const ended = put(folder, drv(), '/nix/store')
    assert.is(ended.stderr, "error: '/nix/store' is Nix's own store: it is written through a daemon only\n")
    assert.is(ended.code, 1)
  }))

test.run()
