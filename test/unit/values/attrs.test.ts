import {
  AttrsBuilder,
  attrsOf,
  extended,
  flat,
  lookup,
  positionOf,
  update,
} from '../../../src/values/attrs.ts'
import { SYM, SymbolTable } from '../../../src/values/symbols.ts'
import type { Attrs } from '../../../src/values/value.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('values/attrs')

function table(...names: string[]): { symbols: SymbolTable; syms: number[] } {
  const symbols = new SymbolTable()
  return { symbols, syms: names.map((name) => symbols.intern(name)) }
}

test('the symbols with names of their own are those of every table', () => {
  const { names } = new SymbolTable()
  const called = Object.fromEntries(Object.entries(SYM).map(([key, sym]) => [key, names[sym]]))
  assert.equal(called, {
    OUT_PATH: 'outPath',
    DRV_PATH: 'drvPath',
    TYPE: 'type',
    META: 'meta',
    NAME: 'name',
    VALUE: 'value',
    OVERRIDES: '__overrides',
    OUTPUTS: 'outputs',
    IGNORE_NULLS: '__ignoreNulls',
    FUNCTOR: '__functor',
    TO_STRING: '__toString',
    STRUCTURED_ATTRS: '__structuredAttrs',
    KEY: 'key',
  })
})

test('sets with the same names and positions share a shape', () => {
  const { symbols, syms } = table('a', 'b')
  // From the second one on.
  attrsOf(symbols, syms.slice(), [1, 2])
  const one = attrsOf(symbols, syms.slice(), [1, 2])
  assert.is(one.shape, attrsOf(symbols, syms.slice(), [3, 4]).shape)
  const placed = attrsOf(symbols, syms.slice(), [1, 2], [7, 8])
  assert.is(placed.shape, attrsOf(symbols, syms.slice(), [1, 2], [7, 8]).shape)
  assert.is(placed.shape.names, one.shape.names)
  assert.is.not(placed.shape, attrsOf(symbols, syms.slice(), [1, 2], [7, 9]).shape)
  assert.is.not(placed.shape, one.shape)
})

test('a union has the names of both in order, and the positions where its values come from', () => {
  const { symbols, syms } = table('a', 'b', 'c')
  const left = attrsOf(symbols, [syms[0], syms[1]], [1, 2], [10, 20])
  const right = attrsOf(symbols, [syms[1], syms[2]], [3, 4], [30, 40])
  const both = update(left, right)
  assert.equal(both.shape.syms, syms)
  assert.equal(both.vals, [1, 3, 4])
  assert.equal(
    syms.map((_, i) => both.shape.positionAt(i)),
    [10, 30, 40],
  )
})

test('overriding again and again comes back to the same shapes', () => {
  const { symbols, syms } = table('a', 'b', 'c')
  const start = attrsOf(symbols, syms, [1, 2, 3], [10, 20, 30])
  const right = [40, 50].map((place) => attrsOf(symbols, [syms[1]], [place], [place]))
  const once = update(start, right[0])
  assert.is(update(once, right[0]).shape, once.shape)
  const shapes = new Set<unknown>()
  let set = start
  for (let i = 0; i < 1000; i++) {
    const side = right[i % 2]
    set = update(set, side)
    shapes.add(set.shape)
    assert.is(positionOf(set, syms[1]), side.vals[0] as number)
    assert.is(positionOf(set, syms[2]), 30)
    assert.ok(set.shape.planDepth < 40)
  }
  assert.ok(shapes.size < 100, `${shapes.size} shapes`)
})

test('names that go one by one leave the places of the others, and no long chain of what there was', () => {
  const symbols = new SymbolTable()
  const builder = new AttrsBuilder(symbols)
  for (let i = 0; i < 3000; i++) builder.setName(`n${10000 + i}`, i, 20000 + i)
  const set = builder.build()
  const over = update(
    set,
    new AttrsBuilder(symbols).setName('n10001', 1, 7).setName('n13000', 3000, 8).build(),
  )
  for (const whole of [set, flat(over)]) {
    let { shape } = whole
    for (let i = 0; i < 2000; i++) {
      // The first, the last and one in the middle.
      const at = i % 3 === 0 ? 0 : i % 3 === 1 ? shape.size - 1 : shape.size >> 1
      const sym = shape.syms[at]
      shape = shape.without([at]).shape
      assert.is(shape.find(sym), -1)
      assert.ok(shape.planDepth < 40)
    }
    for (let i = 0; i < shape.size; i++) {
      assert.is(shape.positionAt(i), positionOf(whole, shape.syms[i]))
      assert.is(shape.findOnce(shape.syms[i]), i)
    }
    assert.is(shape.without([0, 5, 9]).shape.size, shape.size - 3)
    assert.is(shape.without([0, 5, 9]).shape.positionAt(1), shape.positionAt(2))
  }
  assert.is(symbols.nameLists.size < 1000, true, 'most of the lists of names are not kept')
})

test('a name is found without an index as with one', () => {
  const symbols = new SymbolTable()
  const even = new AttrsBuilder(symbols)
  for (let i = 0; i < 100; i += 2) even.setName(`n${i}`, i)
  const { shape } = even.build()
  const syms = Array.from({ length: 100 }, (_, i) => symbols.intern(`n${i}`))
  const found = syms.map((sym) => shape.findOnce(sym))
  assert.equal(
    found,
    syms.map((sym) => shape.find(sym)),
  )
  assert.is(found.filter((i) => i >= 0).length, 50)
})

test('a right side that covers the left one gives a set of its own', () => {
  const { symbols, syms } = table('a', 'b')
  const left = attrsOf(symbols, [syms[0]], [1])
  const right = attrsOf(symbols, syms, [2, 3])
  const both = update(left, right)
  assert.is.not(both, right)
  assert.equal(both.vals, [2, 3])
})

test('a small set and a big one on either side make a layer, and flattening it says the same', () => {
  const symbols = new SymbolTable()
  const big = new AttrsBuilder(symbols)
  for (let i = 0; i < 300; i++) big.setName(`n${i}`, i, 1000 + i)
  const right = big.build()
  const small = new AttrsBuilder(symbols).setName('a', 'mine', 1).setName('n7', 'hidden', 2).build()
  const under = update(small, right)
  assert.is(under.base, right)
  const over = update(right, update(small, new AttrsBuilder(symbols).setName('b', 'more', 3).build()))
  assert.is(over.base, right)
  for (const flatten of [false, true]) {
    if (flatten) {
      assert.is(flat(under).shape.size, 301)
      assert.is(flat(over).shape.size, 302)
    }
    assert.is(lookup(under, symbols.intern('a')), 'mine')
    assert.is(lookup(under, symbols.intern('n7')), 7)
    assert.is(positionOf(under, symbols.intern('n7')), 1007)
    assert.is(positionOf(under, symbols.intern('a')), 1)
    assert.is(lookup(over, symbols.intern('n7')), 'hidden')
    assert.is(positionOf(over, symbols.intern('n7')), 2)
    assert.is(lookup(over, symbols.intern('b')), 'more')
  }
  assert.is(right.shape.size, 300)
})

test('a builder keeps the last value of a name, few or many', () => {
  for (const n of [3, 40]) {
    const symbols = new SymbolTable()
    const builder = new AttrsBuilder(symbols)
    for (let i = n - 1; i >= 0; i--) builder.setName(`n${i}`, i, i + 1)
    builder.setName('n1', 'again', 100)
    const set = builder.build()
    assert.is(flat(set).vals.length, n)
    assert.is(lookup(set, symbols.intern('n1')), 'again')
    assert.is(builder.positionOf(symbols.intern('n1')), 100)
    const names = set.shape.syms.map((sym) => symbols.names[sym])
    assert.equal(names, names.slice().sort())
  }
})

test('what is put below a big set name by name is found, and takes nothing away', () => {
  const symbols = new SymbolTable()
  const sym = (i: number): number => symbols.intern(`k${i}`)
  const one = (i: number, value: string) => new AttrsBuilder(symbols).set(sym(i), value).build()
  const builder = new AttrsBuilder(symbols)
  for (let i = 0; i < 200; i++) builder.set(sym(i), 'old')
  let all = builder.build()
  for (let i = 100; i < 900; i++) all = update(one(i, 'new'), all)
  for (let i = 0; i < 900; i++) assert.is(lookup(all, sym(i)), i < 200 ? 'old' : 'new')
  assert.is(lookup(all, sym(900)), undefined)
  assert.is(flat(all).shape.size, 900)
  for (let i = 0; i < 900; i++) assert.is(lookup(all, sym(i)), i < 200 ? 'old' : 'new')
})

test('a set is extended by a name of its own, in order and with positions', () => {
  const { symbols, syms } = table('b', 'd')
  const set = attrsOf(symbols, syms.slice(), [1, 2], [7, 8])
  for (const [name, at] of [
    ['a', 0],
    ['c', 1],
    ['e', 2],
  ] as const) {
    const all = extended(set, symbols.intern(name), 'new', 9, true)!
    assert.equal(
      all.shape.syms.map((sym) => symbols.names[sym]),
      ['b', 'd'].toSpliced(at, 0, name),
    )
    assert.is(lookup(all, symbols.intern(name)), 'new')
    assert.is(positionOf(all, symbols.intern(name)), 9)
    assert.equal([lookup(all, syms[0]), lookup(all, syms[1])], [1, 2])
    assert.equal([positionOf(all, syms[0]), positionOf(all, syms[1])], [7, 8])
  }
  const one = extended(attrsOf(symbols, [], []), symbols.intern('only'), 3, 0, true)!
  assert.is(one.shape.size, 1)
})

test('sets of the same few names share a shape from the second one on', () => {
  const { symbols, syms } = table('a', 'b', 'c')
  const make = () => attrsOf(symbols, syms.slice(), [1, 2, 3], [4, 5, 6])
  const first = make()
  assert.is(first.shape.shared, false)
  assert.is(make().shape, make().shape)
  assert.is(make().shape.shared, true)
  assert.equal(make().shape.syms, first.shape.syms)
})

test('sets of names of their own share the list of their positions only', () => {
  const symbols = new SymbolTable()
  const make = (i: number) =>
    attrsOf(symbols, [symbols.intern(`a${i}`), symbols.intern(`b${i}`)], [1, 2], [7, 9])
  for (let i = 0; i < 5000; i++) {
    const { shape } = make(i)
    assert.is(shape.shared, false)
    assert.is(shape.positionAt(1), 9)
  }
  assert.is(symbols.nameLists.size, 0)
})

test('small sets are merged alike with and without a plan', () => {
  const symbols = new SymbolTable()
  const letters = [...'hfbdagce'].map((name) => symbols.intern(name))
  const subset = (bits: number, mark: number) => {
    const builder = new AttrsBuilder(symbols)
    letters.forEach((sym, i) => {
      if ((bits >> i) & 1) builder.set(sym, `${mark}${i}`, mark === 0 ? 0 : mark * 10 + i)
    })
    return builder.build()
  }
  const told = (a: Attrs): [string, unknown, number][] =>
    a.shape.syms.map((sym, i) => [symbols.names[sym], a.vals[i], a.shape.positionAt(i)])
  for (let k = 1; k < 256; k += 3) {
    const left = subset(k, k % 5)
    const right = subset(((k * 37) % 255) | 1, (k % 3) + 1)
    const once = told(update(left, right))
    for (let again = 0; again < 6; again++) assert.equal(told(update(left, right)), once)
    const expected = new Map(told(left).map((of) => [of[0], of]))
    for (const of of told(right)) expected.set(of[0], of)
    assert.equal(
      once,
      [...expected.values()].sort((a, b) => (a[0] < b[0] ? -1 : 1)),
    )
    assert.is(update(left, right).shape, update(left, right).shape)
  }
})

test('overriding an attribute where it stands comes back to the shape', () => {
  const { symbols, syms } = table('a', 'b')
  let acc = attrsOf(symbols, syms.slice(), [1, 2], [4, 5])
  const one = () => attrsOf(symbols, [syms[1]], [3], 5)
  const { shape } = acc
  for (let i = 0; i < 10; i++) acc = update(acc, one())
  assert.is(acc.shape, shape)
})

test('sets of the same few hundred names share a shape, and so do their unions', () => {
  const { symbols, syms } = table(...Array.from({ length: 900 }, (_, i) => `n${100 + i}`))
  const values = syms.map((_, i) => i)
  const make = (from: number, to: number) => attrsOf(symbols, syms.slice(from, to), values.slice(from, to))
  assert.is(make(0, 500).shape, make(0, 500).shape)
  const union = () => update(make(0, 500), make(400, 900))
  assert.is(union().shape, union().shape)
  assert.equal(union().vals, values)
  const gone = [0, 7, 499]
  assert.is(make(0, 500).shape.without(gone), make(0, 500).shape.without(gone))
  assert.is(make(0, 500).shape.without(gone).shape.size, 497)
})

test.run()
