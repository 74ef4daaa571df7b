// What is "in the store" without having been written: texts, sources and derivations are read, imported and copied
// again; and what Nix says where that is switched off.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withFolder } from '../support/project.ts'
import { type Outcome, runInstantiate } from '../support/run-instantiate.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('virtual store')

const X = 'derivation { name = "x"; builder = "b"; system = "s"; }'
const evaluate = (expression: string, ...more: string[]): Promise<Outcome> =>
  runInstantiate(['--eval', '--strict', ...more, '-E', expression], { NIX_CONF_DIR: '/nonexistent' })
const gives = async (expression: string, value: string): Promise<void> => {
  const { out, err } = await evaluate(expression)
  assert.equal([err, out], ['', `${value}\n`])
}
const fails = async (expression: string, message: string, ...more: string[]): Promise<void> => {
  const { err, code } = await evaluate(expression, ...more)
  assert.is(
    err
      .split('\n')
      .filter((line) => line.trimStart().startsWith('error: '))
      .at(-1)
      ?.trim(),
    `error: ${message}`,
  )
  assert.is(code, 1)
}

test('texts are read and imported', async () => {
  await gives('builtins.readFile (builtins.toFile "a" "1")', '"1"')
  await gives('import (builtins.toFile "a" "1 + 1")', '2')
  await gives('builtins.pathExists (builtins.toFile "a" "1")', 'true')
  await gives('builtins.readFileType (builtins.toFile "a" "1")', '"regular"')
  await gives('scopedImport { y = 3; } (builtins.toFile "a" "y + 1")', '4')
})

test('a derivation file has its text', async () => {
  await gives(
    `builtins.readFile (${X}).drvPath`,
    '"Derive([(\\"out\\",\\"/nix/store/gwwjwi08fyrbrz2d8zkfvy65nzzq2czp-x\\",\\"\\",\\"\\")],[],[],\\"s\\",\\"b\\",[],[(\\"builder\\",\\"b\\"),(\\"name\\",\\"x\\"),(\\"out\\",\\"/nix/store/gwwjwi08fyrbrz2d8zkfvy65nzzq2czp-x\\"),(\\"system\\",\\"s\\")])"',
  )
})

test('a derivation file that is imported is a derivation', async () => {
  const imported = `import (${X}).drvPath`
  await gives(`(${imported}).outPath`, '"/nix/store/gwwjwi08fyrbrz2d8zkfvy65nzzq2czp-x"')
  await gives(`(${imported}).drvPath`, '"/nix/store/5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv"')
  await gives(
    `builtins.attrNames (${imported})`,
    '[ "all" "drvPath" "name" "out" "outPath" "outputName" "type" ]',
  )
  await gives(
    `builtins.getContext (${imported}).outPath`,
    '{ "/nix/store/5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv" = { outputs = [ "out" ]; }; }',
  )
  await gives(
    `builtins.getContext (${imported}).drvPath`,
    '{ "/nix/store/5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv" = { allOutputs = true; }; }',
  )
  const two = 'derivation { name = "m"; builder = "b"; system = "s"; outputs = [ "out" "dev" ]; }'
  // The file has outputs in byte order, so that the first is not what it was.
  await gives(`(import (${two}).drvPath).outputName`, '"dev"')
  await gives(
    `map (o: o.outPath == (${two}).\${o.outputName}.outPath) (import (${two}).drvPath).all`,
    '[ true true ]',
  )
  const structured = 'derivation { name = "x"; builder = "b"; system = "s"; __structuredAttrs = true; }'
  await gives(`(import (${structured}).drvPath).name`, '""')
  await gives(`(scopedImport { } (${X}).drvPath).name`, '"x"')
})

test('a text that only calls itself a derivation is an error', async () => {
  const path = '/nix/store/zk0grhrnq5y4f2rhs087wyvzb85g0li7-x.drv'
  await fails(
    'import (builtins.toFile "x.drv" "Derive(")',
    `error parsing derivation '${path}': expected string '['`,
  )
})

test('sources are read where they are, without what a filter left out', () =>
  withFolder(async (folder) => {
    const dir = join(folder, 'd')
    mkdirSync(join(dir, 'sub'), { recursive: true })
    writeFileSync(join(dir, 'default.nix'), 'import ./sub/x.nix')
    writeFileSync(join(dir, 'sub/x.nix'), '7')
    writeFileSync(join(dir, 'run'), '')
    chmodSync(join(dir, 'run'), 0o755)
    await gives(`import "\${${dir}}"`, '7')
    await gives(
      `builtins.readDir "\${${dir}}"`,
      '{ "default.nix" = "regular"; run = "regular"; sub = "directory"; }',
    )
    const some = `builtins.filterSource (p: t: baseNameOf p != "sub") ${dir}`
    await gives(`builtins.readDir (${some})`, '{ "default.nix" = "regular"; run = "regular"; }')
    await gives(`builtins.pathExists "\${${some}}/sub"`, 'false')
    await gives(`builtins.pathExists "\${${some}}/run"`, 'true')
    // A copy of a part of a copy, and one of a filtered copy.
    await gives(`import (builtins.path { path = "\${${dir}}/sub"; name = "s"; } + "/x.nix")`, '7')
    await gives(
      `builtins.attrNames (builtins.readDir (builtins.path { path = ${some}; name = "s"; }))`,
      '[ "default.nix" "run" ]',
    )
    await gives(`builtins.path { path = ${some}; name = "d"; } == ${some}`, 'true')
  }))

test('builtins that copy follow symlinks, strings do not', () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, 'f'), 'hi\n')
    symlinkSync('f', join(folder, 'l'))
    const copied = `builtins.path { path = ${folder}/l; name = "f"; }`
    await gives(`${copied} == "\${${folder}/f}"`, 'true')
    await gives(
      `builtins.filterSource (p: t: true) ${folder}/l == builtins.path { path = ${folder}/f; name = "l"; }`,
      'true',
    )
    await gives(`"\${${folder}/l}" == builtins.path { path = ${folder}/f; name = "l"; }`, 'false')
    await gives(`builtins.path { path = ${folder}/f; name = ""; } == "\${${folder}/f}"`, 'true')
  }))

test('outputs of derivations are not there', async () => {
  const missing = "path '5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv' is not valid"
  const refused =
    "cannot build '/nix/store/5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv^out' during evaluation because the option 'allow-import-from-derivation' is disabled"
  const uses = [
    `import "\${${X}}"`,
    `builtins.readFile "\${${X}}"`,
    `builtins.readDir "\${${X}}"`,
    `builtins.pathExists "\${${X}}/a"`,
    `builtins.hashFile "md5" "\${${X}}"`,
    `builtins.path { path = "\${${X}}"; }`,
    `builtins.filterSource (p: t: true) "\${${X}}"`,
    // That nobody catches.
    `builtins.tryEval (import "\${${X}}")`,
  ]
  for (const use of uses) {
    await fails(use, missing)
    await fails(use, refused, '--option', 'allow-import-from-derivation', 'false')
  }
  const entry = `builtins.findFile [ { prefix = ""; path = ${X}; } ] "a"`
  await fails(entry, `cannot find '/nix/store/gwwjwi08fyrbrz2d8zkfvy65nzzq2czp-x', since ${missing}`)
  await fails(entry, refused, '--option', 'allow-import-from-derivation', 'false')
})

test('--no-virtual-store: nothing is read back', async () => {
  const off = '--no-virtual-store'
  // Of a name that no store has.
  const V = 'derivation { name = "virtual"; builder = "b"; system = "s"; }'
  for (const use of [
    'import',
    'builtins.readFile',
    'builtins.pathExists',
    'builtins.readFileType',
    'builtins.hashFile "md5"',
  ])
    await fails(
      `${use} (builtins.toFile "virtual-a" "1")`,
      "path '5b8a7xaw5d363n5gkjy0m5lqjdp25l3i-virtual-a' is not valid",
      off,
    )
  await fails(
    `builtins.readFile "\${${V}}"`,
    "path 'izmy4dhz81xi990ydpvyqv1jwdcq8m0v-virtual.drv' is not valid",
    off,
  )
  await fails(
    `builtins.findFile [ { prefix = ""; path = ${V}; } ] "a"`,
    "cannot find '/nix/store/kr7w01mnl3b46likwqk6y155qijpdca7-virtual', since path 'izmy4dhz81xi990ydpvyqv1jwdcq8m0v-virtual.drv' is not valid",
    off,
  )
  await fails(
    `(derivation { name = "y"; builder = "b"; system = "s"; d = (${V}).drvPath; }).drvPath`,
    "path '/nix/store/izmy4dhz81xi990ydpvyqv1jwdcq8m0v-virtual.drv' is not valid",
    off,
  )
  await fails(
    'builtins.readFile (builtins.unsafeDiscardStringContext (builtins.toFile "virtual-a" "1"))',
    "path '/nix/store/5b8a7xaw5d363n5gkjy0m5lqjdp25l3i-virtual-a' does not exist",
    off,
  )
})

test('references that nobody has made', async () => {
  const none = '/nix/store/5wq5jx7219pmi3xklyhl77fjbqvy6qaz-n.drv'
  const using = (how: string): string =>
    `(derivation { name = "x"; builder = "b"; system = "s"; a = builtins.appendContext "" { "${none}" = { ${how} }; }; }).drvPath`
  await fails(using('allOutputs = true;'), `path '${none}' is not valid`)
  await fails(using('outputs = [ "out" ];'), `store path '${none}' does not exist`)
})

test('derivations on the disk that refer to each other in a circle are an error', () =>
  withFolder(async (folder) => {
    // No hash can be right here, so a store like this is a damaged one.
    const [a, b] = ['a', 'b'].map((name) => `${folder}/${name.repeat(32)}-${name}.drv`)
    const drv = (name: string, input: string): string =>
      `Derive([("out","${folder}/${name.repeat(32)}-${name}","","")],[("${input}",["out"])],[],"s","b",[],[("name","${name}")])`
    writeFileSync(a, drv('a', b))
    writeFileSync(b, drv('b', a))
    const text = `(derivation { name = "x"; builder = "b"; system = "s"; d = (import ${a}).outPath; }).drvPath`
    const { err } = await runInstantiate(['--eval', '-E', text], { NIX_STORE_DIR: folder })
    assert.match(err, /error: cycle detected in the inputs of '.*-a\.drv'\n$/)
  }))

test.run()
