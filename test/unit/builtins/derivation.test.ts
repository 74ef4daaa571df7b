/** Builtins that make derivations, as far as a golden program cannot show them. */
import { assert, suite } from '../../support/suite.ts'
import { run } from './support.ts'

const test = suite('builtins: derivations')

const FEATURES = new Set(['dynamic-derivations', 'ca-derivations'])

const DERIVATIONS = `
  drv = attrs: derivation ({ builder = "z"; system = "y"; } // attrs);
  ca = { __contentAddressed = true; outputHashAlgo = "sha256"; };
  dynamic = drv (ca // { name = "x.drv"; outputHashMode = "text"; });
  plain = drv { name = "e"; outputs = [ "out" "dev" ]; };
  floating = drv (ca // { name = "c"; outputHashMode = "recursive"; });
  inherit (builtins) outputOf unsafeDiscardOutputDependency;
`

function outputOf(text: string): ReturnType<typeof run> {
  return run(`let ${DERIVATIONS} in ${text}`, { features: FEATURES })
}

// The values are Nix's own (with --read-write-mode: it reads derivations back from the store).
test('outputOf gives the path of an output, or what stands for it', () => {
  const values: [string, string][] = [
    [
      'outputOf (unsafeDiscardOutputDependency plain.drvPath) "dev"',
      '/nix/store/p5fddimlmfzgrifl6j24ifp7ppmwzbi5-e-dev',
    ],
    [
      'outputOf (unsafeDiscardOutputDependency floating.drvPath) "out"',
      '/1pv8k50d02wkc8h8029smsir42y0vj2n3qs84lwrnwf4gs4k35a8',
    ],
    ['outputOf dynamic.outPath "out"', '/13gzk9n0yijd9akhnklsy8dgjlf48ifa87k4sg7gbkbpzmi0sgac'],
    ['outputOf dynamic.outPath "dev"', '/1140x9vqf1z7mik74970api56xyx3m3pwp9wrfvpaswj9vg8kki8'],
    ['outputOf (outputOf dynamic.outPath "a") "b"', '/1sz7mv0xp05qwi8c4ylhsfhifz90z4jkykm1867vfgxmfd3dp5jc'],
    ['outputOf plain.outPath "out"', '/13a9yzphhij1f3ix7c9hv433lpv3ddrgyqrpdx1jv3ix1dra9jxf'],
    [
      '(drv { name = "z"; builder = "b"; x = outputOf dynamic.outPath "out"; }).drvPath',
      '/nix/store/g9v4nmpqp32b7cr4fx8xs5aaiq94gqpn-z.drv',
    ],
  ]
  for (const [text, value] of values) assert.is(outputOf(text).value, `"${value}"`, text)
})

test('outputOf wants one reference, and the text that belongs to it', () => {
  const errors: [string, string][] = [
    [
      'outputOf "${plain}${dynamic}" "out"',
      "string '/nix/store/y72h8qk1lc1zc8bp20d4ahahwl46c7bz-e/0yw435mjx3fyn9mm754mrb3vk1byvxywjfzjyajlzf4rgn4y6jv3' has 2 entries in its context. It should only have exactly one entry",
    ],
    [
      'outputOf (unsafeDiscardOutputDependency plain.drvPath + "x") "out"',
      "path string '/nix/store/0jp1bm92s3r0n0abbsbxw1la637p3yjz-e.drvx' has context with the different path '/nix/store/0jp1bm92s3r0n0abbsbxw1la637p3yjz-e.drv'",
    ],
    [
      'outputOf (outputOf dynamic.outPath "out" + "x") "out"',
      "string '/13gzk9n0yijd9akhnklsy8dgjlf48ifa87k4sg7gbkbpzmi0sgacx' has context with the output 'out' from derivation '/nix/store/8y8dyxcrqnlalx11arfjp9idk2rnx3fc-x.drv.drv^out', but the string is not the right placeholder for this derivation output. It should be '/13gzk9n0yijd9akhnklsy8dgjlf48ifa87k4sg7gbkbpzmi0sgac'",
    ],
    [
      'outputOf (unsafeDiscardOutputDependency plain.drvPath) "foo"',
      "derivation '/nix/store/0jp1bm92s3r0n0abbsbxw1la637p3yjz-e.drv' does not have output 'foo'",
    ],
    [
      'builtins.getContext (outputOf (outputOf dynamic.outPath "a") "b")',
      "cannot operate on output 'out' of the unbuilt derivation '/nix/store/8y8dyxcrqnlalx11arfjp9idk2rnx3fc-x.drv.drv'",
    ],
  ]
  for (const [text, message] of errors) assert.is(outputOf(text).error?.message, message, text)
})

test('outputOf is there only with its feature', () => {
  assert.is(run('builtins ? outputOf').value, 'false')
  assert.is(outputOf('builtins ? outputOf').value, 'true')
})

test('__json warns in words of its own', () => {
  const { log } = run('(derivation { name = "x"; system = "y"; builder = "z"; __json = "{}"; }).drvPath')
  assert.equal(log, [
    "warning: In derivation 'x': setting structured attributes via '__json' is deprecated, and may be disallowed in future versions of Nix. Set '__structuredAttrs = true' instead.",
  ])
})

test('structured attributes that are no UTF-8 are noticed when the derivation is written, the first one in the order of names', () => {
  const structured = (attrs: string): ReturnType<typeof run> =>
    run(`(derivation { name = "x"; system = "y"; __structuredAttrs = true; ${attrs} }).drvPath`)
  const bad = '[json.exception.type_error.316] invalid UTF-8 byte at index'
  const errors: [string, string][] = [
    ['builder = "z"; a = "\xff";', `${bad} 0: 0xFF`],
    ['builder = "z"; "a\xff" = [ "\xfe" ];', `${bad} 1: 0xFF`],
    ['builder = "z"; a = { b = "ok"; c = [ "q\xff" "\xfe" ]; };', `${bad} 1: 0xFF`],
    ['builder = "z"; a = "\xff"; z = throw "z";', 'z'],
    ['a = "\xff";', "required attribute 'builder' missing"],
  ]
  for (const [attrs, message] of errors) assert.is(structured(attrs).error?.message, message, attrs)
  assert.is(structured('builder = "z"; a = "\xff";').error?.passing, true)
})

test.run()
