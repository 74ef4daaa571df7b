import { layOutJson } from '../../src/jobs/json-layout.ts'
import { assert, suite } from '../support/suite.ts'

const test = suite('json layout')

test('objects and lists get a line for each part', () => {
  assert.is(layOutJson('{"a":1,"b":[true,null]}'), '{\n  "a": 1,\n  "b": [\n    true,\n    null\n  ]\n}')
})

test('empty ones stay on their line', () => {
  assert.is(layOutJson('{"a":{},"b":[]}'), '{\n  "a": {},\n  "b": []\n}')
})

test('strings are left alone', () => {
  assert.is(layOutJson('["{,:}\\"]\\\\"]'), '[\n  "{,:}\\"]\\\\"\n]')
})

test('text inside other text is moved in', () => {
  assert.is(layOutJson('{"a":1}', 2), '{\n      "a": 1\n    }')
})

test('deep nesting needs no stack', () => {
  const text = layOutJson(`${'['.repeat(5000)}${']'.repeat(5000)}`)
  assert.is(text.split('\n').length, 9999)
})

test.run()
