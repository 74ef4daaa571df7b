import { toXml, writeXml, type XmlOptions } from '../../../src/runtime/to-xml.ts'
import { Float, Path, type Slot, Thunk } from '../../../src/values/value.ts'
import { FakeMachine, failure } from '../../support/fake-machine.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('to XML')
const STRICT: XmlOptions = { strict: true, location: false }

function xml(m: FakeMachine, v: Slot, options: XmlOptions = STRICT): string {
  return m.run(() => toXml(m, v, options)) as string
}

const doc = (...lines: string[]): string =>
  `<?xml version='1.0' encoding='utf-8'?>\n<expr>\n${lines.map((l) => `  ${l}\n`).join('')}</expr>\n`

test('every kind of value has its element', () => {
  const m = new FakeMachine()
  const f = m.fn('f', () => 1)
  const v = m.list(
    1,
    'a"<>&\n',
    new Float(1),
    true,
    m.later(() => null),
    new Path('/a'),
    f,
    m.list(),
  )
  assert.is(
    xml(m, v),
    doc(
      '<list>',
      '  <int value="1" />',
      '  <string value="a&quot;&lt;&gt;&amp;&#xA;" />',
      '  <float value="1" />',
      '  <bool value="true" />',
      '  <null />',
      '  <path value="/a" />',
      '  <unevaluated />',
      '  <list>',
      '  </list>',
      '</list>',
    ),
  )
})

test('attributes have their position', () => {
  const m = new FakeMachine()
  const pos = m.pos()
  const v = m.set({ b: m.set({}), a: 1 }, { a: pos })
  assert.is(
    xml(m, v, { strict: true, location: true }),
    doc(
      '<attrs>',
      '  <attr column="1" line="1" name="a" path="/f.nix">',
      '    <int value="1" />',
      '  </attr>',
      '  <attr name="b">',
      '    <attrs>',
      '    </attrs>',
      '  </attr>',
      '</attrs>',
    ),
  )
})

test('a derivation is written in full once', () => {
  const m = new FakeMachine()
  const drv = m.set({ type: 'derivation', drvPath: m.later(() => '/d'), outPath: '/o' })
  const head = '  <derivation drvPath="/d" outPath="/o">'
  const attr = (name: string, value: string): string[] => [
    `    <attr name="${name}">`,
    `      <string value="${value}" />`,
    '    </attr>',
  ]
  assert.is(
    xml(m, m.list(drv, drv)),
    doc(
      '<list>',
      head,
      ...attr('drvPath', '/d'),
      ...attr('outPath', '/o'),
      ...attr('type', 'derivation'),
      '  </derivation>',
      head,
      '    <repeated />',
      '  </derivation>',
      '</list>',
    ),
  )
})

test('what is not forced stays so unless strict', () => {
  const m = new FakeMachine()
  const v = m.list(
    new Thunk(
      m.fn('f', () => 1),
      1,
    ),
  )
  assert.is(xml(m, v, { strict: false, location: true }), doc('<list>', '  <unevaluated />', '</list>'))
})

test('an error closes what has been written', () => {
  const m = new FakeMachine()
  let written = ''
  const write = (s: string): void => {
    written += s
  }
  failure(m, () => writeXml(m, m.set({ a: m.list(1, m.fails()) }), STRICT, write))
  assert.is(
    written,
    doc(
      '<attrs>',
      '  <attr name="a">',
      '    <list>',
      '      <int value="1" />',
      '    </list>',
      '  </attr>',
      '</attrs>',
    ),
  )
})

test.run()
