import * as fs from 'node:fs'
import * as path from 'node:path'
import { latin1String } from '../../../src/latin1.ts'
import { parseAterm } from '../../../src/store/aterm-parser.ts'
import { DEFERRED_OUTPUT, type Derivation, referencesOf } from '../../../src/store/derivation.ts'
import { DerivationTable } from '../../../src/store/derivation-table.ts'
import { DerivationWriter, writeAterm } from '../../../src/store/derivation-writer.ts'
import { makeOutputPath, makeTextPath } from '../../../src/store/path.ts'
import { SortedMap } from '../../../src/store/sorted-map.ts'
import { assert, suite } from '../../support/suite.ts'
import { failsWith, store } from './support.ts'

const test = suite('store/aterm-parser')

const SMALL =
  'Derive([("out","/nix/store/gwwjwi08fyrbrz2d8zkfvy65nzzq2czp-x","","")],[],[],"s","b",[],[("name","x")])'

test('what is written is read back', () => {
  assert.is(writeAterm(parseAterm(SMALL, 'x')), SMALL)
  const full =
    'Derive([("dev","","r:sha256",""),("out","","r:sha256","")],[("/nix/store/a.drv",["dev","out"]),("/nix/store/b.drv",["out"])],' +
    '["/nix/store/s"],"sys","/bin/sh",["-c","echo \\"\\\\$x\\"\\n\\t\\r"],[("a",""),("b","\\"")])'
  const drv = parseAterm(full, 'x')
  assert.equal(drv.args, ['-c', 'echo "\\$x"\n\t\r'])
  assert.equal(drv.env.get('b'), '"')
  assert.equal(drv.inputDrvs.get('/nix/store/a.drv'), ['dev', 'out'])
  assert.is(writeAterm(drv), full)
})

test('dynamic derivations nest to any depth', () => {
  let input = '["out"]'
  for (let i = 0; i < 20000; i++) input = `([],[("o",${input})])`
  const text = `DrvWithVersion("xp-dyn-drv",[("out","","","")],[("/d.drv",${input}),("/e.drv",["a"])],[],"s","b",[],[])`
  assert.is(writeAterm(parseAterm(text, 'x')), text)
})

test('bad texts are refused', () => {
  failsWith(() => parseAterm('', 'x'), "expected string 'D'")
  failsWith(() => parseAterm('Dumm', 'x'), "derivation does not start with 'Derive' or 'DrvWithVersion'")
  failsWith(() => parseAterm('Derive[', 'x'), "expected string 'erive('")
  failsWith(() => parseAterm('Derive([("out', 'x'), 'unterminated string in derivation')
  failsWith(() => parseAterm('Derive([("out\\', 'x'), 'unterminated string in derivation')
  failsWith(
    () => parseAterm('DrvWithVersion("invalid-version",[', 'x'),
    "Unknown derivation ATerm format version 'invalid-version'",
  )
  failsWith(() => parseAterm(SMALL.slice(0, -1), 'x'), "expected string ')'")
  failsWith(() => parseAterm('Derive([],[("x",["out"])],', 'x'), "bad path 'x' in derivation")
  failsWith(() => parseAterm('Derive([],[("/x",("out"', 'x'), "expected string '['")
})

/** What the paths of a derivation's outputs are made of, when it has one input. */
function maskedText(drv: Derivation, hash: string, outputs: readonly string[]): string {
  const writer = new DerivationWriter()
  writer.begin(drv)
  writer.addInput(hash, outputs)
  return latin1String(writer.modulo(true))
}

const checkout = process.env.FIRNIX_NIX_CHECKOUT
const data = checkout === undefined ? undefined : path.join(checkout, 'src/libstore-tests/data/derivation')

if (data === undefined || !fs.existsSync(data)) {
  test('the golden .drv files of Nix survive reading and writing', () => {
    console.log('skipped: needs a checkout of NixOS/nix, named by FIRNIX_NIX_CHECKOUT')
  })
} else {
  test('the golden .drv files of Nix survive reading and writing', () => {
    let count = 0
    for (const entry of fs.readdirSync(data, { recursive: true, encoding: 'utf8' })) {
      // Files named `bad-…` are there to be refused, `…-modulo` have hashes where paths belong.
      if (!entry.endsWith('.drv') || /(^|\/)bad-|-modulo\.drv$/.test(entry)) continue
      // The files end in a line feed that is not part of the text.
      const text = fs.readFileSync(path.join(data, entry), 'latin1').replace(/\n$/, '')
      const drv = parseAterm(text, 'x')
      const written = writeAterm(drv)
      // The hashes in these have been overwritten, so that their inputs are no longer in order.
      if (entry === 'firefox.drv' || entry === 'hello.drv') assert.equal(parseAterm(written, 'x'), drv)
      else assert.ok(written === text, entry)
      count++
    }
    assert.ok(count > 10)
  })

  test('hashes modulo are those of the golden intermediate forms', () => {
    const read = (name: string): string =>
      fs.readFileSync(path.join(data, 'hash-modulo', `${name}.drv`), 'latin1').replace(/\n$/, '')
    const drvs = new Map<string, Derivation>()
    const paths = new Map<string, string>()
    const names = ['source-first', 'source-second', 'intermediate-first', 'intermediate-second']
    for (const file of [...names, 'parent-joined', 'parent-split']) {
      const text = read(file)
      const name = JSON.parse(fs.readFileSync(path.join(data, 'hash-modulo', `${file}.json`), 'utf8'))
        .name as string
      const drv = parseAterm(text, name)
      const drvPath = makeTextPath(store, `${name}.drv`, store.hash('sha256', text), referencesOf(drv))
      drvs.set(drvPath, drv)
      paths.set(file, drvPath)
    }
    const table = new DerivationTable(store, (drvPath) => drvs.get(drvPath))
    for (const file of ['intermediate-first', 'intermediate-second']) {
      const drv = drvs.get(paths.get(file)!)!
      // Their paths were found before their variables were there.
      const outputs = SortedMap.of(drv.outputs.names.map((name) => [name, DEFERRED_OUTPUT]))
      table.instantiate({ ...drv, outputs, env: new SortedMap<string>() })
      assert.equal([outputs.names, outputs.values], [drv.outputs.names, drv.outputs.values], file)
      const [source] = drv.inputDrvs.names
      assert.is(maskedText(drv, table.hashOf(source).hash, ['out']), read(`${file}-modulo`), file)
    }
    const hash = table.hashOf(paths.get('intermediate-first')!).hash
    for (const file of ['parent-joined', 'parent-split']) {
      const drv = drvs.get(paths.get(file)!)!
      assert.is(maskedText(drv, hash, ['dev', 'out']), read(`${file}-modulo`), file)
      table.instantiate(drv)
      assert.is(
        drv.outputs.get('out')!.path,
        makeOutputPath(store, 'out', store.hash('sha256', read(`${file}-modulo`)), 'parent'),
      )
    }
  })

  test('the bad .drv files of Nix are refused', () => {
    const read = (name: string): string => fs.readFileSync(path.join(data, name), 'latin1')
    failsWith(
      () => parseAterm(read('bad-version.drv'), 'x'),
      "Unknown derivation ATerm format version 'invalid-version'",
    )
    failsWith(() => parseAterm(read('bad-old-version-dyn-deps.drv'), 'x'), "expected string '['")
  })
}

test.run()
