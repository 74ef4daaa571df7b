// Symlinks: which builtins follow them, and what errors call a file below one.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../support/program.ts'
import { withFolder } from '../support/project.ts'
import { type Outcome, runInstantiate } from '../support/run-instantiate.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('cli/links')

/** A folder with every kind of link, and evaluation in which `D` stands for its path. */
class Links {
  readonly folder: string
  constructor(folder: string) {
    this.folder = folder
    mkdirSync(join(folder, 'sub'))
    writeFileSync(join(folder, 'f'), '"f"')
    writeFileSync(join(folder, 'nul'), '\0')
    writeFileSync(join(folder, 'sub', 'g'), '"g"')
    const link = (name: string, target: string): void => symlinkSync(target, join(folder, name))
    link('l', 'f')
    link('subl', join(folder, 'sub'))
    link('self', '.')
    link('dang', 'nope')
    link('loop', 'loop')
  }
  async run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const placed = words.map((word) => word.replaceAll('D/', `${this.folder}/`))
    const { code, out, err } = await runInstantiate(placed, { NIX_CONF_DIR: '/nonexistent', ...env })
    const short = (text: string): string => text.replaceAll(this.folder, 'D')
    return { code, out: short(out), err: short(err) }
  }
  async gives(words: readonly string[], value: string, err = ''): Promise<void> {
    assert.equal(await this.run(words), { code: 0, out: `${value}\n`, err })
  }
  /** The lines of the error after the one about the builtin: further frames, then the message. */
  async fails(words: readonly string[], ...lines: string[]): Promise<void> {
    const { code, err } = await this.run(words)
    const seen = err
      .split('\n')
      // Frames begin with an ellipsis, of three bytes.
      .map((line) => line.replace(/^[^a-z]+/, ''))
      .filter((line) => /^(?:warning: |error: |while realising )/.test(line))
    assert.equal([...seen, code], [...lines, 1])
  }
}

const withLinks = (body: (links: Links) => Promise<void>): Promise<void> =>
  withFolder((folder) => body(new Links(folder)))
const E = (expression: string): string[] => ['--eval', '--strict', '-E', expression]
const notFound = (name: string): string =>
  `error: file '${name}' was not found in the Nix search path (add it using $NIX_PATH or -I)`

test('what the search path finds is without symlinks', () =>
  withLinks(async (links) => {
    await links.gives(['-I', 'a=D/subl', ...E('<a/g>')], 'D/sub/g')
    await links.gives(['-I', 'a=D/self', ...E('[ <a> <a/self/l> <a/subl/g> ]')], '[ D D/f D/sub/g ]')
    await links.gives(E('builtins.findFile [ { path = "D/sub/../"; } ] "l"'), 'D/f')
    await links.gives(['--find-file', '-I', 'a=D/self', 'a/l'], 'D/f')
    const { out } = await links.run(E('<a>'), { NIX_PATH: `a=${links.folder}/subl` })
    assert.is(out, 'D/sub\n')
  }))

test('the search path does not find what dangles, and says so once of an entry', () =>
  withLinks(async (links) => {
    const warning = "warning: Nix search path entry 'D/dang' does not exist, ignoring"
    await links.fails(['-I', 'a=D/self', ...E('<a/dang>')], notFound('a/dang'))
    await links.fails(['-I', 'a=D/dang', ...E('<a>')], warning, notFound('a'))
    await links.gives(
      ['-I', 'a=D/dang', '-I', 'a=D/self', ...E('[ <a/f> <a/l> ]')],
      '[ D/f D/f ]',
      `${warning}\n`,
    )
  }))

test('a loop of symlinks on the search path is an error', () =>
  withLinks(async (links) => {
    const loop = (path: string): string => `error: infinite symlink recursion in path '${path}'`
    await links.fails(['-I', 'a=D/loop', ...E('<a>')], loop('D/loop'))
    await links.fails(['-I', 'D/loop', ...E('<a>')], loop('D/loop'))
    await links.fails(['-I', 'a=D/sub/..', ...E('<a/loop/x>')], loop('D/loop/x'))
    await links.gives(['-I', 'a=D/loop', '-I', 'b=D/sub', ...E('<b/g>')], 'D/sub/g')
  }))

test('readFileType follows no symlink, above the path neither', () =>
  withLinks(async (links) => {
    const type = (path: string): string[] => E(`builtins.readFileType (D/. + "/${path}")`)
    await links.gives(type('l'), '"symlink"')
    await links.gives(type('loop'), '"symlink"')
    await links.gives(type('sub/g'), '"regular"')
    for (const [path, link] of [
      ['subl/g', 'subl'],
      ['self/f', 'self'],
      ['self/sub/g', 'self'],
      ['self/self/nope/x', 'self/self'],
      ['l/x', 'l'],
      ['dang/x', 'dang'],
      ['loop/x', 'loop'],
    ])
      await links.fails(type(path), `error: path 'D/${link}' is a symlink`)
    await links.fails(
      type('loop/x/y'),
      'error: getting status of "D/loop/x": Too many levels of symbolic links',
    )
  }))

test('pathExists fails where a loop of symlinks has to be followed', () =>
  withLinks(async (links) => {
    const exists = (path: string): string[] => E(`builtins.pathExists "D/${path}"`)
    for (const path of ['loop', 'dang', 'self/l', 'self/']) await links.gives(exists(path), 'true')
    for (const path of ['dang/', 'dang/x', 'l/', 'l/x']) await links.gives(exists(path), 'false')
    for (const [path, named] of [
      ['loop/', 'loop'],
      ['loop/.', 'loop'],
      ['loop/x', 'loop/x'],
    ]) {
      await links.fails(
        exists(path),
        `while realising the context of path 'D/${named}'`,
        `error: infinite symlink recursion in path 'D/${named}'`,
      )
    }
  }))

test('errors below symlinks name the place itself', () =>
  withLinks(async (links) => {
    const missing = (path: string): string => `error: path 'D/${path}' does not exist`
    for (const read of ['readFile', 'hashFile "md5"', 'readDir', 'import', 'scopedImport { }']) {
      const call = (path: string): string[] => E(`builtins.${read} (D/. + "/${path}")`)
      await links.fails(call('dang'), missing('nope'))
      await links.fails(call('dang/x'), missing('nope/x'))
      await links.fails(call('l/x'), missing('f/x'))
      await links.fails(call('self/dang'), missing('nope'))
    }
    await links.fails(E('"${D/dang/x}"'), missing('nope/x'))
    await links.fails(E('"${D/l/x}"'), missing('f/x'))
    await links.fails(
      E('builtins.readFile D/self/nul'),
      "error: the contents of the file 'D/nul' cannot be represented as a Nix string",
    )
  }))

test('reading a loop of symlinks is an error of the path', () =>
  withLinks(async (links) => {
    for (const read of ['readFile', 'hashFile "md5"', 'readDir']) {
      for (const path of ['loop', 'loop/x']) {
        await links.fails(
          E(`builtins.${read} D/${path}`),
          `while realising the context of path 'D/${path}'`,
          `error: infinite symlink recursion in path 'D/${path}'`,
        )
      }
    }
    await links.fails(E('import D/loop/x'), "error: infinite symlink recursion in path 'D/loop'")
    await links.fails(E('"${D/loop/x}"'), "error: infinite symlink recursion in path 'D/loop/x'")
  }))

test('restricted evaluation allows where a symlink leads, not the link', () =>
  withLinks(async (links) => {
    const restricted = (entry: string, expression: string): string[] => [
      '--restrict-eval',
      '-I',
      entry,
      ...E(expression),
    ]
    const forbidden = (path: string): string =>
      `error: access to absolute path 'D/${path}' is forbidden in restricted mode`
    await links.gives(restricted('D/sub/..', 'builtins.readFile D/self/subl/g'), '"\\"g\\""')
    await links.gives(restricted('D/sub', 'builtins.pathExists D/subl/g'), 'false')
    await links.fails(restricted('D/subl', 'builtins.readFile D/subl/g'), forbidden('sub/g'))
    await links.fails(restricted('D/subl', 'builtins.readDir D/subl'), forbidden('sub'))
    await links.fails(restricted('D/sub', 'builtins.readDir D/subl'), forbidden('subl'))
    await links.fails(restricted('D/sub', 'builtins.findFile [ { path = "D/sub/.."; } ] "f"'), forbidden('f'))
  }))

test('symlinks in a tree of the virtual store are those of the tree', () =>
  withLinks(async (links) => {
    const tree = 't = builtins.path { path = D/sub/..; name = "t"; }'
    const inTree = (expression: string): string[] => E(`let ${tree}; in ${expression}`)
    await links.gives(inTree('builtins.readFile (t + "/self/l")'), '"\\"f\\""')
    await links.gives(inTree('baseNameOf (builtins.findFile [ { path = t; } ] "self/l")'), '"f"')
    const { err } = await links.run(inTree('builtins.readFileType (t + "/self/f")'))
    assert.match(err, /error: path '\/nix\/store\/[a-z0-9]{32}-t\/self' is a symlink/)
    assert.match(
      (await links.run(inTree('builtins.readFile (t + "/dang/x")'))).err,
      /error: path '\/nix\/store\/[a-z0-9]{32}-t\/nope\/x' does not exist/,
    )
    assert.match(
      (await links.run(inTree('builtins.readFile (t + "/loop")'))).err,
      /while realising the context of path '\/nix\/store\/[a-z0-9]{32}-t\/loop'\n\n +error: infinite symlink recursion/,
    )
  }))

test('names that are too long are an error for pathExists, too', () => {
  const name = `/${'a'.repeat(300)}`
  const ended = run('firnix-instantiate', ['--eval', '-E', `builtins.pathExists "${name}"`])
  assert.match(ended.stderr, `error: getting status of "${name}": File name too long\n`)
})

test('links that lead round are told of by the one at which Nix gives up', () =>
  withLinks(async (links) => {
    symlinkSync('there', join(links.folder, 'back'))
    symlinkSync('back', join(links.folder, 'there'))
    const { code, err } = await links.run(['--eval', 'D/back'])
    const message = "error: too many symbolic links encountered while traversing the path 'D/there'\n"
    assert.equal([code, err], [1, message])
  }))

test.run()
