import { parseHash } from '../../../src/store/hash.ts'
import {
  downstreamPlaceholder,
  hashPartOf,
  isInStore,
  isStorePath,
  makeFixedOutputPath,
  makeSourcePath,
  makeTextPath,
  nameOf,
  nameProblemInStore,
  placeholder,
  splitStorePath,
  storePathNameProblem,
} from '../../../src/store/path.ts'
import { assert, suite } from '../../support/suite.ts'
import { failsWith, inStore, store } from './support.ts'

const test = suite('store/path')

test('texts, with and without references', () => {
  const path = (name: string, text: string, references: string[] = []): string =>
    makeTextPath(store, name, store.hash('sha256', text), references)
  assert.is(path('foo', 'bar'), inStore('vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo'))
  const a = path('a', 'b')
  assert.is(path('x', a, [a]), inStore('9f9x5wmk15wmv1jz37lgxc0380674dvl-x'))
})

test('placeholders', () => {
  assert.is(placeholder(store, 'out'), '/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9')
  const drv = inStore('vxizaq22xpk65ck76h1z398ysqcn6l7l-x.drv')
  assert.is(downstreamPlaceholder(store, drv, 'out'), '/07gq26iaq79bs18yrrh0q6ph1d0zabbz02f841iap7cygg6085b9')
  // An output of a derivation that is an output: as builtins.outputOf says in Nix's manual of placeholders.
  assert.is.not(downstreamPlaceholder(store, `!out!${drv}`, 'out'), downstreamPlaceholder(store, drv, 'out'))
})

test('names are checked as Nix does', () => {
  for (const name of ['a', '.a', '..a', '...', '.a-b', 'A+-._?=9', 'x'.repeat(211)]) {
    assert.is(storePathNameProblem(name), undefined)
  }
  assert.is(storePathNameProblem(''), 'name must not be empty')
  assert.is(storePathNameProblem('.'), "name '.' is not valid")
  assert.is(storePathNameProblem('..'), "name '..' is not valid")
  assert.is(
    storePathNameProblem('.-a'),
    "name '.-a' is not valid: first dash-separated component must not be '.'",
  )
  assert.is(
    storePathNameProblem('..-a'),
    "name '..-a' is not valid: first dash-separated component must not be '..'",
  )
  const long = 'x'.repeat(212)
  assert.is(storePathNameProblem(long), `name '${long}' must be no longer than 211 characters`)
  assert.is(storePathNameProblem('a b'), "name 'a b' contains illegal character ' '")
  failsWith(
    () => makeTextPath(store, '..-x', store.hash('sha256', '')),
    "path 'mc39llpv7qncz99a4zwn0m2fsbjibddc-..-x' is not a valid store path: name '..-x' is not valid: first dash-separated component must not be '..'",
  )
})

test('fixed outputs', () => {
  const hash = parseHash('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'sha256')
  assert.is(makeFixedOutputPath(store, 'flat', hash, 'x'), inStore('wg5dqh07jh5lgg9nvzq5skm9i3qkhl00-x'))
  assert.is(makeFixedOutputPath(store, 'recursive', hash, 'x'), inStore('pc9cg5mrl4hpb00d4mb64abffprgs1rh-x'))
  assert.is(makeFixedOutputPath(store, 'recursive', hash, 'x'), makeSourcePath(store, 'x', hash.hex))
  failsWith(
    () => makeFixedOutputPath(store, 'git', { algo: 'md5', hex: '0'.repeat(32) }, 'x'),
    'Git file ingestion must use SHA-1 or SHA-256 hash, but instead using: md5',
  )
})

test('store paths are recognised and taken apart', () => {
  const path = inStore('vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo')
  assert.is(isStorePath(store, path), true)
  assert.is(isStorePath(store, `${path}/x`), false)
  assert.is(isStorePath(store, inStore('exjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo')), false)
  assert.is(isStorePath(store, '/nix/storevxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo'), false)
  assert.is(isInStore(store, `${path}/x`), true)
  assert.is(isInStore(store, '/nix/store'), false)
  assert.is(hashPartOf(store, path), 'vxjiwkjkn7x4079qvh1jkl5pn05j2aw0')
  assert.is(nameOf(store, path), 'foo')
  assert.equal(splitStorePath(store, `${path}/a/b`), { storePath: path, rest: '/a/b' })
  assert.equal(splitStorePath(store, path), { storePath: path, rest: '' })
  failsWith(() => splitStorePath(store, '/a'), "path '/a' is not in the Nix store")
  assert.is(nameProblemInStore(store, '/a/b'), undefined)
  assert.is(nameProblemInStore(store, inStore('abc')), "'abc' is too short to be a valid store path")
  assert.is(
    nameProblemInStore(store, inStore('vxjiwkjkn7x4079qvh1jkl5pn05j2aw0/x')),
    "'vxjiwkjkn7x4079qvh1jkl5pn05j2aw0' is too short to be a valid store path",
  )
})

test.run()
