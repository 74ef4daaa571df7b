/**
 * Alternatives of one routine side by side, with benny (`npm run bench -- alternatives`): what was chosen, against what else
 * could have been. All alternatives of a suite must answer the same.
 */
import { createHash } from 'node:crypto'
import { compileRegex } from '../src/builtins/regex/regex.ts'
import { pureHash } from '../src/io/hashes.ts'
import { NodeIO } from '../src/io/node/node-io.ts'
import { lookup, update } from '../src/values/attrs.ts'
import { Shape } from '../src/values/shape.ts'
import { SymbolTable } from '../src/values/symbols.ts'
import { Attrs, type Slot } from '../src/values/value.ts'
import { makeEnv } from '../src/vm/env.ts'
import { compareRoutines } from './harness/routines.ts'
import { nixFunction } from './harness/suite.ts'

const symbols = new SymbolTable()
const names = Array.from({ length: 20 }, (_, i) => `name${i}`).sort()
/** A set as a literal makes it: its shape is shared, so that merge plans are kept. */
function literal(values: Readonly<Record<string, number>>): Attrs {
  const sorted = Object.keys(values).sort()
  const shape = new Shape(
    symbols,
    sorted.map((name) => symbols.intern(name)),
    null,
    null,
    true,
  )
  return new Attrs(
    shape,
    sorted.map((name) => values[name]),
    null,
    null,
  )
}
const object: Record<string, number> = Object.fromEntries(names.map((name, i) => [name, i]))
const object3: Record<string, number> = { name3: 30, name7: 70, new: 1 }
const attrs = literal(object)
const update3 = literal(object3)
const map = new Map(Object.entries(object))
const syms = names.map((name) => symbols.intern(name))
const total = (of: (i: number) => number): number => {
  let sum = 0
  for (let i = 0; i < 20; i++) sum += of(i)
  return sum
}

await compareRoutines('20 look-ups in a set of 20 names', {
  'shape with an index (chosen)': () => total((i) => lookup(attrs, syms[i]) as number),
  'Map by name': () => total((i) => map.get(names[i]) as number),
  'object by name': () => total((i) => object[names[i]]),
})

const seven = symbols.intern('name7')
await compareRoutines('set of 20 names // set of 3', {
  'shapes with a merge plan (chosen)': () => lookup(update(attrs, update3), seven) as number,
  'Map copied and changed': () => {
    const copy = new Map(map)
    for (const name in object3) copy.set(name, object3[name])
    return copy.get('name7') as number
  },
  'objects spread': () => ({ ...object, ...object3 }).name7,
})

await compareRoutines('an environment of 5 slots', {
  'literal by size (chosen)': () => makeEnv(5, []).length,
  'new Array, filled': () => new Array<Slot>(5).fill(null).length,
  'pushed one by one': () => {
    const env: unknown[] = []
    for (let i = 0; i < 5; i++) env.push(undefined)
    return env.length
  },
})

const pieces = Array.from({ length: 1000 }, (_, i) => `piece ${i};`)
await compareRoutines('text of 1,000 pieces, and one char of it', {
  'added up (chosen)': () => {
    let text = ''
    for (const piece of pieces) text += piece
    return text.charCodeAt(5000)
  },
  joined: () => pieces.join('').charCodeAt(5000),
  'bytes in a Buffer': () => Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'latin1')))[5000],
})

const io = new NodeIO()
const kilobyte = 'firnix '.repeat(147)
await compareRoutines('sha256 of 1 KB, hexadecimal', {
  'NodeIO.hash (chosen)': () => io.hash('sha256', kilobyte),
  createHash: () => createHash('sha256').update(kilobyte, 'latin1').digest('hex'),
  '@noble/hashes (in a browser)': () => pureHash('sha256', kilobyte),
})

const regex = compileRegex('[a-z]+-([0-9]+)\\.([0-9]+)')
const native = /^(?:[a-z]+-([0-9]+)\.([0-9]+))$/
await compareRoutines('a match with two groups', {
  'compiled once (chosen)': () => regex.match('firefox-131.7')?.join(),
  'compiled each time': () => compileRegex('[a-z]+-([0-9]+)\\.([0-9]+)').match('firefox-131.7')?.join(),
  "JavaScript's RegExp alone": () => native.exec('firefox-131.7')?.slice(1).join(),
})

const scrambled = 'builtins.genList (i: let x = i * 7919; in x - x / 1009 * 1009) n'
const lessThan = nixFunction(`n: builtins.elemAt (builtins.sort builtins.lessThan (${scrambled})) 500`)
const byFunction = nixFunction(`n: builtins.elemAt (builtins.sort (a: b: a < b) (${scrambled})) 500`)
await compareRoutines('1,000 integers sorted', {
  'builtins.sort builtins.lessThan': () => lessThan(1000) as number,
  'builtins.sort with a function': () => byFunction(1000) as number,
  "JavaScript's sort alone": () =>
    Array.from({ length: 1000 }, (_, i) => (i * 7919) % 1009).sort((a, b) => a - b)[500],
})
