// Store paths that Nix 2.8, 2.26 and 2.34 agree on, through the whole evaluator.

import { Evaluator } from '../../src/evaluator.ts'
import { MemoryIO } from '../../src/io/memory.ts'
import { StringWithContext } from '../../src/values/value.ts'
import { evalSettings } from '../support/settings.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('golden vectors')

/** The text that an expression gives; `d` makes derivation x with more attributes, `y` derivation y. */
function evaluate(expression: string): string {
  const evaluator = new Evaluator({
    io: new MemoryIO({ files: { '/w/b.nix': '{ a.b = 1; }\n', '/w/dir/default.nix': '"dir"' } }),
    log: () => {},
    settings: evalSettings({ features: new Set(['ca-derivations', 'impure-derivations']) }),
  })
  const text = `let
    d = more: derivation ({ name = "x"; builder = "b"; system = "s"; } // more);
    y = more: d ({ name = "y"; } // more);
    hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    sri = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
  in ${expression}`
  const value = evaluator.run((m) =>
    m.force(evaluator.thunkOf(`toString (${text})`, { origin: 'string', baseDir: '/w' })),
  )
  return value instanceof StringWithContext ? value.text : String(value)
}

const vectors: readonly (readonly [what: string, expression: string, path: string])[] = [
  ['a derivation', '(d { }).drvPath', '5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv'],
  ['its output', '(d { }).outPath', 'gwwjwi08fyrbrz2d8zkfvy65nzzq2czp-x'],
  [
    'a flat fixed output',
    '(d { outputHash = hex; outputHashAlgo = "sha256"; }).outPath',
    'wg5dqh07jh5lgg9nvzq5skm9i3qkhl00-x',
  ],
  [
    'a recursive one by SRI',
    '(d { outputHash = sri; outputHashMode = "recursive"; }).outPath',
    'pc9cg5mrl4hpb00d4mb64abffprgs1rh-x',
  ],
  [
    'a second output',
    '(d { outputs = [ "out" "dev" ]; }).dev.outPath',
    'g1qp5k3hapvsriswfzlw41x710w3klpp-x-dev',
  ],
  [
    'structured attributes',
    '(d { __structuredAttrs = true; a = { b = 1; }; n = null; }).drvPath',
    'wv1vbyqz2nj20lqb1mxzwl9bzc23h78a-x.drv',
  ],
  [
    'nulls ignored',
    '(d { __ignoreNulls = true; n = null; }).drvPath',
    '5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv',
  ],
  [
    'every kind of attribute',
    '(d { a = true; b = false; c = null; d = 1.5; e = [ 1 "x" ]; args = [ "a" 1 ]; }).drvPath',
    'wsjbnqxwb560nij3sjb4gifrmagqwjw8-x.drv',
  ],
  [
    'inputs',
    '(y { builder = builtins.toFile "b" "hi"; dep = d { outputs = [ "dev" "out" ]; }; }).drvPath',
    'lgm8gfkrd54dyp51s066xxf8js2n7wdi-y.drv',
  ],
  [
    'the closure of a derivation',
    '(y { d = (d { }).drvPath; }).drvPath',
    '7l9av1bapppyksxsdhb6jic16mwk6nhx-y.drv',
  ],
  ['a text', 'builtins.toFile "foo" "bar"', 'vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo'],
  [
    'a text that refers to one',
    'builtins.toFile "x" "${builtins.toFile "a" "b"}"',
    '9f9x5wmk15wmv1jz37lgxc0380674dvl-x',
  ],
  ['a source file', '"${./b.nix}"', 'hl9x6ib85c1q37fy744bvz11y9ikvpkn-b.nix'],
  [
    'a flat source',
    'builtins.path { path = ./b.nix; recursive = false; }',
    'ypf7bpdc4m6wbyic3zrb3ddbkpjhkdsr-b.nix',
  ],
  ['a renamed source', 'builtins.path { path = ./b.nix; name = "q"; }', '89c9zcrqnyjm72ikzjzg0ryv6l483rqa-q'],
  [
    'a filtered directory',
    'builtins.filterSource (p: t: true) ./dir',
    '3n71fq8662qibfkapxqvhcvwgbhfnjad-dir',
  ],
  [
    'an empty hash',
    '(d { outputHash = ""; outputHashAlgo = "sha256"; }).drvPath',
    'zxbh8ncich5ff3gkznfkb285i6b6ld10-x.drv',
  ],
  [
    'the output of an empty hash',
    '(d { outputHash = ""; outputHashAlgo = "sha256"; }).outPath',
    'yplc6kklcg6k8aln037jq8jxq5v92wln-x',
  ],
  [
    'outputHashMode = "nar"',
    '(d { outputHash = sri; outputHashMode = "nar"; }).drvPath',
    'lrzfh2j3l4bp03nq4850ffqscb3b8fjv-x.drv',
  ],
  ['outputs a and b', '(d { outputs = [ "a" "b" ]; }).drvPath', 'q3v7y0sb4r50sqjz304pq336mpw5k8y2-x.drv'],
  ['output a', '(d { outputs = [ "a" "b" ]; }).a', 'q2cq5l2calvvjj5mka3d3gpnqdqm1sg5-x-a'],
  ['output b', '(d { outputs = [ "a" "b" ]; }).b', 'wpn1dgrhyk8hd9yrzp98r1dj4mhd44dp-x-b'],
  ['floats', '(d { f = 1.0e10; g = -0.5; }).drvPath', '5in4hdajza76qp9nxnsrpkqqr6v9rz31-x.drv'],
  [
    'lists in lists',
    '(d { a = [ [ 1 ] [ ] null true false { outPath = "z"; } ]; }).drvPath',
    's3drz9kx6dhsb1qxhybpi50yrniv6wa3-x.drv',
  ],
  [
    'structured attributes and outputs',
    '(d { __structuredAttrs = true; outputs = [ "out" "dev" ]; }).drvPath',
    'zkw8jad8sqxavnzvajkxwy3hzk8zpbj8-x.drv',
  ],
  [
    'the output of those',
    '(d { __structuredAttrs = true; outputs = [ "out" "dev" ]; }).out',
    'f5pqd1hb3lyzi9glvhnchmzr01wd2jpw-x',
  ],
  [
    'structured attributes with nulls ignored',
    '(d { __structuredAttrs = true; n = null; __ignoreNulls = true; }).drvPath',
    'dic4v464zkcqmmmq7n13n3blaaw29vnv-x.drv',
  ],
  [
    'content addressed',
    '(d { __contentAddressed = true; }).drvPath',
    'vxizaq22xpk65ck76h1z398ysqcn6l7l-x.drv',
  ],
  [
    'its placeholder',
    '(d { __contentAddressed = true; }).outPath',
    '/07gq26iaq79bs18yrrh0q6ph1d0zabbz02f841iap7cygg6085b9',
  ],
  [
    'content addressed with two outputs',
    '(d { __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; outputs = [ "out" "dev" ]; }).drvPath',
    'n460691mx68nn75mxlpy62z36b1i59pf-x.drv',
  ],
  [
    'the placeholder of that',
    '(d { __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; outputs = [ "out" "dev" ]; }).outPath',
    '/00c8abazkw3a5g9f84m56rp4qap306m3cd38vkm0a1sqf7631qjy',
  ],
  ['impure', '(d { __impure = true; }).drvPath', 'c3fqn3hwdyxmxm19ljy3wvq96qabrv66-x.drv'],
  [
    'the placeholder of an impure one',
    '(d { __impure = true; }).outPath',
    '/03g4rc198ix78w2is1qgz8bm93qff4hcplwmb3zxayhrqy8jgxy0',
  ],
  [
    'one that needs a content-addressed one',
    '(d { dep = y { __contentAddressed = true; }; }).drvPath',
    '7ja13wvfj3pzdgh1y3ks1r2832634qg5-x.drv',
  ],
  [
    'the placeholder of that',
    '(d { dep = y { __contentAddressed = true; }; }).outPath',
    '/1vg9iijllh833kg4x53cdfx525j00vzpfrz6sb35qqn5jnbhf17p',
  ],
  [
    'what <nix/fetchurl.nix> gives',
    '(import <nix/fetchurl.nix> { url = "http://x/y"; sha256 = hex; }).drvPath',
    '5d61skywy2isgpblqxgfln8chnsp3mkm-y.drv',
  ],
]

for (const [what, expression, path] of vectors) {
  test(what, () => {
    assert.is(evaluate(expression), path.startsWith('/') ? path : `/nix/store/${path}`)
  })
}

test('the placeholder of an output', () => {
  assert.is(evaluate('builtins.placeholder "out"'), '/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9')
})

test.run()
