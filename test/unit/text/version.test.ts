import { compareVersions, parseDrvName, splitVersion } from '../../../src/builtins/text/version.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('text/version')

test('compareVersions orders numbers, letters, pre and missing components', () => {
  const cases: [string, string, number][] = [
    ['1.0', '2.3', -1],
    ['2.1', '2.3', -1],
    ['2.3', '2.3', 0],
    ['2.5', '2.3', 1],
    ['3.1', '2.3', 1],
    ['2.3.1', '2.3', 1],
    ['2.3.1', '2.3a', 1],
    ['2.3pre1', '2.3', -1],
    ['2.3pre3', '2.3pre12', -1],
    ['2.3a', '2.3c', -1],
    ['2.3pre1', '2.3c', -1],
    ['2.3pre1', '2.3q', -1],
    ['', '', 0],
    ['1', '1.', 0],
    ['1.-2', '1.2', 0],
    ['007', '7', 0],
    ['4294967296', '5', -1],
    ['99999999999', '100000000000', 1],
    ['', '1', -1],
    ['', 'a', -1],
    ['', 'pre', 1],
    ['1.a', '1.1', -1],
    ['1+2', '1+3', -1],
  ]
  for (const [a, b, expected] of cases) {
    assert.is(compareVersions(a, b), expected, `${a} ${b}`)
    assert.is(compareVersions(b, a), expected === 0 ? 0 : -expected, `${b} ${a}`)
  }
})

test('splitVersion splits at separators and between digits and others', () => {
  assert.equal(splitVersion('1.2.3pre-4x'), ['1', '2', '3', 'pre', '4', 'x'])
  assert.equal(splitVersion('..-'), [])
  assert.equal(splitVersion('a+b_1'), ['a+b_', '1'])
})

test('parseDrvName cuts at the first dash not followed by a letter', () => {
  const cases: [string, string, string][] = [
    ['nix-0.12pre12876', 'nix', '0.12pre12876'],
    ['a-b-c-1234pre5+git', 'a-b-c', '1234pre5+git'],
    ['hello', 'hello', ''],
    ['hello-', 'hello-', ''],
    ['a--1', 'a', '-1'],
    ['a-_b', 'a', '_b'],
    ['a-\xc3\xa9', 'a', '\xc3\xa9'],
    ['-1', '', '1'],
  ]
  for (const [full, name, version] of cases) assert.equal(parseDrvName(full), { name, version }, full)
})

test.run()
