import {
  convertHash,
  decodeNix32,
  encodeBase64,
  encodeNix32,
  hexOfBytes,
  parseHash,
  parseHashAlgo,
  parseHashAllowEmpty,
  parseHashFormat,
  printHash,
  shortDigest,
} from '../../../src/store/hash.ts'
import { assert, suite } from '../../support/suite.ts'
import { failsWith } from './support.ts'

const test = suite('store/hash')

const HEX = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const SRI = 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='
const NIX32 = '1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s'

test('every form is read, and printed in every other', () => {
  for (const text of [SRI, `sha256:${HEX}`, `sha256:${NIX32}`, `sha256:${SRI.slice(7)}`]) {
    assert.is(convertHash(text, undefined, 'base16'), HEX)
    assert.is(convertHash(text, 'sha256', 'nix32'), NIX32)
    assert.is(convertHash(text, 'sha256', 'base64'), SRI.slice(7))
    assert.is(convertHash(text, 'sha256', 'sri'), SRI)
  }
  assert.is(printHash(parseHash(HEX, 'sha256'), 'nix32', true), `sha256:${NIX32}`)
  assert.is(
    convertHash('md5:D41D8cd98f00b204e9800998ecf8427e', undefined, 'base16'),
    'd41d8cd98f00b204e9800998ecf8427e',
  )
  assert.is(
    convertHash('md5:d41d8cd98f00b204e9800998ecf8427e', undefined, 'nix32'),
    '3y8bwfr609h3lh9ch0izcqq7fl',
  )
})

test('base 64 needs no padding, and what follows it is ignored', () => {
  assert.is(convertHash(SRI.slice(0, -1), undefined, 'nix32'), NIX32)
  assert.is(
    convertHash('md5-1B2M2Y8AsgTpgAmY7PhCfg==trailing', undefined, 'base16'),
    'd41d8cd98f00b204e9800998ecf8427e',
  )
  assert.is(encodeBase64(new Uint8Array([1])), 'AQ==')
  assert.is(encodeBase64(new Uint8Array([1, 2])), 'AQI=')
  assert.is(encodeBase64(new Uint8Array([1, 2, 3])), 'AQID')
})

test('hashes without a known algorithm, or with another, are refused', () => {
  failsWith(
    () => parseHash('abc'),
    "hash 'abc' does not include a type, nor is the type otherwise known from context",
  )
  failsWith(() => parseHash(SRI, 'sha1'), `hash '${SRI}' should have type 'sha1'`)
  failsWith(
    () => parseHash('a:b-c:d'),
    "unknown hash algorithm 'a', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'",
  )
})

test('hashes of a wrong length or with wrong digits are refused', () => {
  failsWith(() => parseHash('abc', 'sha256'), "hash 'abc' has wrong length for hash algorithm 'sha256'")
  failsWith(() => parseHash('', 'md5'), "hash '' has wrong length for hash algorithm 'md5'")
  const zz = `zz${HEX.slice(2)}`
  failsWith(() => parseHash(zz, 'sha256'), `invalid base16 hash '${zz}', length 0 != expected length 32`)
  failsWith(() => parseHash('sha256-!!!'), "invalid SRI hash '!!!', length 0 != expected length 32")
  failsWith(() => parseHash('sha256-AAAA'), "invalid SRI hash 'AAAA', length 3 != expected length 32")
  failsWith(() => parseHash('md5-'), "invalid SRI hash '', length 0 != expected length 16")
  const e = 'e'.repeat(32)
  failsWith(() => parseHash(`sha1:${e}`), `invalid nix32 hash '${e}', length 0 != expected length 20`)
  const z = 'z'.repeat(52)
  failsWith(() => parseHash(`sha256:${z}`), `invalid nix32 hash '${z}', length 33 != expected length 32`)
  assert.is(parseHash(`sha1:${'z'.repeat(32)}`).hex, 'f'.repeat(40))
})

test('an unknown algorithm or format is a usage error, with the line Nix prints under those', () => {
  for (const call of [() => parseHashAlgo('foo'), () => parseHashFormat('foo')]) {
    try {
      call()
      assert.unreachable()
    } catch (error) {
      assert.is((error as { kind: string }).kind, 'usage')
      assert.is((error as { footer: string }).footer, "Try 'nix-instantiate --help' for more information.")
    }
  }
  failsWith(
    () => parseHashFormat('foo'),
    "unknown hash format 'foo', expect 'base16', 'base32', 'base64', or 'sri'",
  )
  assert.is(parseHashFormat('base32'), 'nix32')
})

test('blake3 needs its experimental feature', () => {
  failsWith(
    () => parseHash('blake3-abc'),
    "experimental Nix feature 'blake3-hashes' is disabled; add '--extra-experimental-features blake3-hashes' to enable it",
  )
  assert.is(parseHashAlgo('blake3', { blake3: true }), 'blake3')
})

test('the empty hash is all zeros, if the algorithm is known', () => {
  const warnings: string[] = []
  const hash = parseHashAllowEmpty('', 'md5', (text) => warnings.push(text))
  assert.is(hash.hex, '0'.repeat(32))
  assert.equal(warnings, ["found empty hash, assuming 'md5-AAAAAAAAAAAAAAAAAAAAAA=='"])
  failsWith(() => parseHashAllowEmpty('', undefined, () => {}), 'empty hash requires explicit hash algorithm')
})

test('nix32 goes both ways', () => {
  const bytes = Uint8Array.from({ length: 20 }, (_, i) => i * 13)
  assert.equal(decodeNix32(encodeNix32(bytes)), bytes)
  assert.is(encodeNix32(new Uint8Array(0)), '')
})

test('digests of store paths are folded to 20 bytes with xor', () => {
  for (let round = 0; round < 50; round++) {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + round * 101 + ((i * round) >> 2)) & 255)
    const folded = bytes.slice(0, 20)
    for (let i = 20; i < 32; i++) folded[i - 20] ^= bytes[i]
    assert.is(shortDigest(hexOfBytes(bytes)), encodeNix32(folded))
  }
})

test.run()
