import {
  compareElements,
  contextOf,
  decodeElement,
  encodeElement,
  mergeContext,
  showElement,
} from '../../../src/store/context.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('store/context')

test('elements go to strings and back', () => {
  for (const text of ['/p', '=/p.drv', '!out!/p.drv', '!a!!b!/p.drv']) {
    assert.is(encodeElement(decodeElement(text)), text)
  }
  assert.equal(decodeElement('!a!!b!/p.drv'), { kind: 'built', drv: '!b!/p.drv', output: 'a' })
})

test('elements are shown as Nix does', () => {
  assert.is(showElement('/p'), '/p')
  assert.is(showElement('=/p.drv'), '/p.drv (deep)')
  assert.is(showElement('!out!/p.drv'), '/p.drv^out')
  assert.is(showElement('!a!!b!/p.drv'), '/p.drv^b^a')
})

test('paths come first, then closures, then outputs by derivation and name', () => {
  const sorted = [
    '/p',
    '/q',
    '=/a.drv',
    '!b!/a.drv',
    '!c!/a.drv',
    '!a!/b.drv',
    '!z!!a!/a.drv',
    '!a!!b!/a.drv',
  ]
  assert.equal(contextOf([...sorted].reverse()), sorted)
  assert.is(compareElements('!a!/p', '!a!/p'), 0)
})

test('the quick ways of sorting agree with the order', () => {
  const store = ['/nix/store/a.drv', '/nix/store/a.drv.drv', '/nix/store/b', '/a/b.drv', '/a']
  const elements: string[] = []
  for (const path of store) {
    elements.push(path, `=${path}`)
    for (const output of ['out', 'dev', 'a', 'lib64'])
      elements.push(`!${output}!${path}`, `!dev!!${output}!${path}`)
  }
  // By the rules in words: kinds first, then derivations, then outputs, the inner ones first.
  const keyOf = (text: string): string[] => {
    if (text.startsWith('/')) return ['0', text]
    if (text.startsWith('=')) return ['1', text.slice(1)]
    const parts = text.slice(1).split('!')
    if (parts.length === 2) return ['20', parts[1], parts[0]]
    return ['21', parts[3], parts[2], parts[0]]
  }
  const wanted = [...elements].sort((a, b) => {
    const x = keyOf(a)
    const y = keyOf(b)
    for (let i = 0; ; i++) if (x[i] !== y[i]) return x[i] < y[i] ? -1 : 1
  })
  for (const some of [
    elements,
    elements.filter((e) => !e.includes('dev')),
    elements.filter((e) => /^\/|^!out!\//.test(e)),
  ]) {
    assert.equal(
      contextOf(some),
      wanted.filter((e) => some.includes(e)),
    )
    assert.equal(
      contextOf(new Set([...some].reverse())),
      wanted.filter((e) => some.includes(e)),
    )
  }
})

test('merging drops duplicates and keeps the order', () => {
  assert.equal(mergeContext(['/a', '!o!/x'], ['/b', '=/x', '!o!/x']), ['/a', '/b', '=/x', '!o!/x'])
})

test('merging gives an argument back where that is the union', () => {
  const big = contextOf(Array.from({ length: 20 }, (_, i) => `/p${i}`))
  assert.is(mergeContext(big, ['/p7']), big)
  assert.is(mergeContext(['/p7'], big), big)
  assert.is(mergeContext(big, []), big)
  assert.is(mergeContext([], big), big)
  assert.is(mergeContext(big, [...big]), big)
})

test.run()
