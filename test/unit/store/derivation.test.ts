import {
  DEFERRED_OUTPUT,
  derivationKind,
  fixedOutput,
  floatingOutput,
  impureOutput,
  outputValue,
} from '../../../src/store/derivation.ts'
import { DerivationTable } from '../../../src/store/derivation-table.ts'
import { writeAterm } from '../../../src/store/derivation-writer.ts'
import { parseHash, parseHashAllowEmpty, printHash } from '../../../src/store/hash.ts'
import { makeTextPath, placeholder } from '../../../src/store/path.ts'
import { SortedMap } from '../../../src/store/sorted-map.ts'
import { assert, suite } from '../../support/suite.ts'
import { derivation, failsWith, inStore, store, table } from './support.ts'

const test = suite('store/derivation')

const SHA = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const SRI = 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='

function outputs(...names: string[]): SortedMap<typeof DEFERRED_OUTPUT> {
  return SortedMap.of(names.map((name) => [name, DEFERRED_OUTPUT]))
}

test('the smallest derivation', () => {
  const drv = derivation()
  assert.is(table().instantiate(drv), inStore('5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv'))
  assert.is(drv.outputs.get('out')!.path, inStore('gwwjwi08fyrbrz2d8zkfvy65nzzq2czp-x'))
  assert.is(drv.env.get('out'), inStore('gwwjwi08fyrbrz2d8zkfvy65nzzq2czp-x'))
  assert.is(
    writeAterm(drv),
    'Derive([("out","/nix/store/gwwjwi08fyrbrz2d8zkfvy65nzzq2czp-x","","")],[],[],"s","b",[],' +
      '[("builder","b"),("name","x"),("out","/nix/store/gwwjwi08fyrbrz2d8zkfvy65nzzq2czp-x"),("system","s")])',
  )
})

test('several outputs', () => {
  const drv = derivation({ outputs: outputs('out', 'dev'), env: { outputs: 'out dev' } })
  table().instantiate(drv)
  assert.is(drv.outputs.get('dev')!.path, inStore('g1qp5k3hapvsriswfzlw41x710w3klpp-x-dev'))
  const ab = derivation({ outputs: outputs('a', 'b'), env: { outputs: 'a b' } })
  assert.is(table().instantiate(ab), inStore('q3v7y0sb4r50sqjz304pq336mpw5k8y2-x.drv'))
  assert.is(ab.outputs.get('a')!.path, inStore('q2cq5l2calvvjj5mka3d3gpnqdqm1sg5-x-a'))
  assert.is(ab.outputs.get('b')!.path, inStore('wpn1dgrhyk8hd9yrzp98r1dj4mhd44dp-x-b'))
})

test('fixed outputs: flat, recursive, nar and the empty hash', () => {
  const flat = fixedOutput(store, 'x', 'flat', parseHash(SHA, 'sha256'))
  assert.is(flat.path, inStore('wg5dqh07jh5lgg9nvzq5skm9i3qkhl00-x'))
  const recursive = fixedOutput(store, 'x', 'recursive', parseHash(SRI))
  assert.is(recursive.path, inStore('pc9cg5mrl4hpb00d4mb64abffprgs1rh-x'))
  assert.is(recursive.hashAlgo, 'r:sha256')

  const nar = derivation({
    outputs: SortedMap.of([['out', recursive]]),
    env: { outputHash: SRI, outputHashMode: 'nar' },
  })
  assert.is(table().instantiate(nar), inStore('lrzfh2j3l4bp03nq4850ffqscb3b8fjv-x.drv'))

  let warning = ''
  const empty = fixedOutput(
    store,
    'x',
    'flat',
    parseHashAllowEmpty('', 'sha256', (text) => {
      warning = text
    }),
  )
  assert.is(warning, "found empty hash, assuming 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='")
  const drv = derivation({
    outputs: SortedMap.of([['out', empty]]),
    env: { outputHash: '', outputHashAlgo: 'sha256' },
  })
  assert.is(table().instantiate(drv), inStore('zxbh8ncich5ff3gkznfkb285i6b6ld10-x.drv'))
  assert.is(empty.path, inStore('yplc6kklcg6k8aln037jq8jxq5v92wln-x'))
})

test('structured attributes', () => {
  const json = '{"a":{"b":1},"builder":"b","n":null,"name":"x","system":"s"}'
  const drv = derivation({ env: { __json: json }, without: ['builder', 'name', 'system'] })
  assert.is(table().instantiate(drv), inStore('wv1vbyqz2nj20lqb1mxzwl9bzc23h78a-x.drv'))
  const two = derivation({
    outputs: outputs('out', 'dev'),
    env: { __json: '{"builder":"b","name":"x","outputs":["out","dev"],"system":"s"}' },
    without: ['builder', 'name', 'system'],
  })
  assert.is(table().instantiate(two), inStore('zkw8jad8sqxavnzvajkxwy3hzk8zpbj8-x.drv'))
  assert.is(two.outputs.get('out')!.path, inStore('f5pqd1hb3lyzi9glvhnchmzr01wd2jpw-x'))
  const dropped = derivation({
    env: { __json: '{"builder":"b","name":"x","system":"s"}' },
    without: ['builder', 'name', 'system'],
  })
  assert.is(table().instantiate(dropped), inStore('dic4v464zkcqmmmq7n13n3blaaw29vnv-x.drv'))
})

test('coerced attributes and arguments', () => {
  const drv = derivation({ env: { a: '1', b: '', c: '', d: '1.500000', e: '1 x' }, args: ['a', '1'] })
  assert.is(table().instantiate(drv), inStore('wsjbnqxwb560nij3sjb4gifrmagqwjw8-x.drv'))
  const floats = derivation({ env: { f: '10000000000.000000', g: '-0.500000' } })
  assert.is(table().instantiate(floats), inStore('5in4hdajza76qp9nxnsrpkqqr6v9rz31-x.drv'))
  const nested = derivation({ env: { a: '1  1  z' } })
  assert.is(table().instantiate(nested), inStore('s3drz9kx6dhsb1qxhybpi50yrniv6wa3-x.drv'))
})

test('input derivations and sources', () => {
  const drvs = table()
  const builder = makeTextPath(store, 'b', store.hash('sha256', 'hi'))
  const dep = derivation({ outputs: outputs('dev', 'out'), env: { outputs: 'dev out' } })
  const depPath = drvs.instantiate(dep)
  const { inputDrvs, inputSrcs } = drvs.inputsOf([builder, `!dev!${depPath}`])
  const y = derivation({
    name: 'y',
    builder,
    inputDrvs,
    inputSrcs,
    env: { dep: dep.outputs.get('dev')!.path },
  })
  assert.is(drvs.instantiate(y), inStore('lgm8gfkrd54dyp51s066xxf8js2n7wdi-y.drv'))
})

test('a derivation with its closure as an input', () => {
  const drvs = table()
  const dep = drvs.instantiate(derivation())
  const inputs = drvs.inputsOf([`=${dep}`])
  const { inputDrvs, inputSrcs } = inputs
  assert.equal([inputDrvs.names, inputDrvs.values, inputSrcs], [[dep], [['out']], [dep]])
  const y = derivation({ name: 'y', env: { d: dep }, ...inputs })
  assert.is(drvs.instantiate(y), inStore('7l9av1bapppyksxsdhb6jic16mwk6nhx-y.drv'))
  failsWith(() => table().inputsOf([`=${dep}`]), `path '${dep}' is not valid`)
})

test('closures reach derivations below, sources and their references', () => {
  const drvs = table()
  const source = inStore('vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo')
  const text = inStore('9f9x5wmk15wmv1jz37lgxc0380674dvl-x')
  drvs.addText(text, [source])
  const low = drvs.instantiate(derivation({ name: 'low', outputs: outputs('a', 'b'), inputSrcs: [text] }))
  const high = drvs.instantiate(derivation({ name: 'high', inputDrvs: SortedMap.of([[low, ['b']]]) }))
  const { inputDrvs, inputSrcs } = drvs.inputsOf([source, `=${high}`, `!a!${low}`])
  assert.equal(inputSrcs, [high, low, source, text].sort())
  assert.equal(inputDrvs.get(low), ['a', 'b'])
  assert.equal(inputDrvs.names, [high, low].sort())
})

test('content-addressed outputs stay open, and so do those that depend on them', () => {
  const drvs = table()
  const env = { out: placeholder(store, 'out') }
  const ca = derivation({ outputs: SortedMap.of([['out', floatingOutput('recursive', 'sha256')]]), env })
  const caPath = drvs.instantiate(ca)
  assert.is(caPath, inStore('vxizaq22xpk65ck76h1z398ysqcn6l7l-x.drv'))
  assert.is(outputValue(store, caPath, ca, 'out'), '/07gq26iaq79bs18yrrh0q6ph1d0zabbz02f841iap7cygg6085b9')

  const y = derivation({
    name: 'y',
    outputs: SortedMap.of([['out', floatingOutput('recursive', 'sha256')]]),
    env,
  })
  const yPath = drvs.instantiate(y)
  const dep = outputValue(store, yPath, y, 'out')
  const x = derivation({ inputDrvs: SortedMap.of([[yPath, ['out']]]), env: { dep } })
  const xPath = drvs.instantiate(x)
  assert.is(xPath, inStore('7ja13wvfj3pzdgh1y3ks1r2832634qg5-x.drv'))
  assert.is(outputValue(store, xPath, x, 'out'), '/1vg9iijllh833kg4x53cdfx525j00vzpfrz6sb35qqn5jnbhf17p')
  assert.equal(drvs.hashOf(xPath), { kind: 'deferred', hash: '' })
})

test('several content-addressed outputs', () => {
  const floating = floatingOutput('recursive', 'sha256')
  const drv = derivation({
    outputs: SortedMap.of([
      ['dev', floating],
      ['out', floating],
    ]),
    env: {
      outputHashMode: 'recursive',
      outputHashAlgo: 'sha256',
      outputs: 'out dev',
      out: placeholder(store, 'out'),
      dev: placeholder(store, 'dev'),
    },
  })
  const path = table().instantiate(drv)
  assert.is(path, inStore('n460691mx68nn75mxlpy62z36b1i59pf-x.drv'))
  assert.is(outputValue(store, path, drv, 'out'), '/00c8abazkw3a5g9f84m56rp4qap306m3cd38vkm0a1sqf7631qjy')
})

test('impure derivations', () => {
  const drv = derivation({
    outputs: SortedMap.of([['out', impureOutput('recursive', 'sha256')]]),
    env: { out: placeholder(store, 'out') },
  })
  const path = table().instantiate(drv)
  assert.is(path, inStore('c3fqn3hwdyxmxm19ljy3wvq96qabrv66-x.drv'))
  assert.is(outputValue(store, path, drv, 'out'), '/03g4rc198ix78w2is1qgz8bm93qff4hcplwmb3zxayhrqy8jgxy0')
})

test('a fixed input of a derivation with two outputs', () => {
  const drvs = table()
  const hash = parseHash('894517c9163c896ec31a2adbd33c0681fd5f45b2c0ef08a64c92a03fb97f390f', 'sha256')
  const out = fixedOutput(store, 'source', 'recursive', hash)
  const source = derivation({
    name: 'source',
    outputs: SortedMap.of([['out', out]]),
    env: { outputHash: hash.hex, outputHashAlgo: 'sha256', outputHashMode: 'recursive' },
  })
  const sourcePath = drvs.instantiate(source)
  assert.is(sourcePath, inStore('5snq8k8v1n5410x4n2k0zlidsji78hz6-source.drv'))
  const user = derivation({
    name: 'intermediate',
    outputs: outputs('out', 'dev'),
    inputDrvs: SortedMap.of([[sourcePath, ['out']]]),
    env: { outputs: 'out dev', src: out.path },
  })
  assert.is(drvs.instantiate(user), inStore('hy6ys1x8hankh4ncgdm31r19dcz6a2q2-intermediate.drv'))
  assert.is(user.outputs.get('out')!.path, inStore('n401jk15njaj43zsks31llbk0rb1q6l9-intermediate'))
})

test('how a fixed input is got does not matter to those who use it', () => {
  const drvs = table()
  const paths = ['1', '2'].map((url) => {
    const out = fixedOutput(store, 'src', 'flat', parseHash(SHA, 'sha256'))
    const src = drvs.instantiate(
      derivation({ name: 'src', outputs: SortedMap.of([['out', out]]), env: { url } }),
    )
    const user = derivation({ inputDrvs: SortedMap.of([[src, ['out']]]), env: { src: out.path } })
    return [drvs.instantiate(user), user.outputs.get('out')!.path]
  })
  assert.is.not(paths[0][0], paths[1][0])
  assert.is(paths[0][1], paths[1][1])
  // Both users have one hash modulo, so their outputs are one input.
  const both = (users: [string, string[]][]): string => {
    const drv = derivation({ name: 'both', inputDrvs: SortedMap.of(users) })
    drvs.instantiate(drv)
    return drv.outputs.get('out')!.path
  }
  assert.is(
    both([
      [paths[0][0], ['out']],
      [paths[1][0], ['out']],
    ]),
    both([[paths[0][0], ['out']]]),
  )
})

test('derivations that were read are hashed from the bottom up, however deep', () => {
  const made = table()
  let inputDrvs = new SortedMap<string[]>()
  let last = ''
  for (let i = 0; i < 3000; i++) {
    last = made.instantiate(derivation({ name: `d${i}`, inputDrvs }))
    inputDrvs = SortedMap.of([[last, ['out']]])
  }
  const drvs = new Map(made.entries())
  const read = new DerivationTable(store, (path) => drvs.get(path))
  assert.equal(read.hashOf(last), made.hashOf(last))
})

test('outputs that do not go together are refused', () => {
  const fixed = fixedOutput(store, 'x', 'flat', parseHash(SHA, 'sha256'))
  const kindOf = (entries: [string, typeof fixed][]) => () =>
    derivationKind(derivation({ outputs: SortedMap.of(entries) }))
  failsWith(kindOf([['dev', fixed]]), 'single fixed output must be named "out"')
  failsWith(
    kindOf([
      ['out', fixed],
      ['p', fixed],
    ]),
    'only one fixed output is allowed for now',
  )
  failsWith(
    kindOf([
      ['dev', DEFERRED_OUTPUT],
      ['out', fixed],
    ]),
    "can't mix derivation output types",
  )
  failsWith(kindOf([]), 'must have at least one output')
})

test('strings are escaped, names of systems are not', () => {
  const drv = derivation({ env: { q: 'a"b\\c\n\r\t\0$' } })
  assert.ok(writeAterm(drv).includes('("q","a\\"b\\\\c\\n\\r\\t\0$")'))
})

test('outputs of derivations that are outputs', () => {
  const drvs = table()
  const { inputDrvs } = drvs.inputsOf(['!out!/p.drv', '!dev!!a!/p.drv', '!out!!a!/p.drv', '!x!!y!!z!/q.drv'])
  const drv = derivation({ inputDrvs })
  assert.ok(
    writeAterm(drv).includes(
      '[("/p.drv",(["out"],[("a",["dev","out"])])),("/q.drv",([],[("z",([],[("y",["x"])]))]))]',
    ),
  )
  assert.ok(writeAterm(drv).startsWith('DrvWithVersion("xp-dyn-drv",[('))
})

test('hashes print back as they were read', () => {
  assert.is(printHash(parseHash(SRI), 'sri'), SRI)
})

test.run()
