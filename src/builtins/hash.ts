/** Builtins on hashes (floor 4); formats are in store/hash.ts, digests come from the outside world. Nix: primops.cc. */

import type { NixError } from '../errors.ts'
import type { HashAlgo } from '../io/io.ts'
import { expectPlainString } from '../runtime/expect.ts'
import { builtin, Frame, type Machine, param, type Step, WAIT } from '../runtime/machine.ts'
import { type HashFormat, parseHash, parseHashAlgo, parseHashFormat, printHash } from '../store/hash.ts'
import { lookup } from '../values/attrs.ts'
import {
  ATTRS,
  type Attrs,
  type Builtin,
  LAZY,
  PLAIN_STRING,
  type Slot,
  textOf,
  type Value,
} from '../values/value.ts'
import { missingAttribute, withString } from './support.ts'

function algorithm(m: Machine, name: string): HashAlgo {
  return parseHashAlgo(name, { blake3: m.settings.features.has('blake3-hashes') })
}

const FIELDS = ['hash', 'hashAlgo', 'toHashFormat']

/** Reads `hash`, `hashAlgo` and `toHashFormat`, each checked before the next is forced. */
class ConvertHashFrame extends Frame {
  readonly a: Attrs
  i = 0
  forcing = false
  hash = ''
  algo: HashAlgo | undefined = undefined
  format: HashFormat = 'sri'
  constructor(a: Attrs) {
    super()
    this.a = a
  }
  step(m: Machine, answer: Value | undefined): Step {
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        this.forcing = false
        this.take(m, expectPlainString(m, r as Value, this.line))
        this.i++
        r = undefined
      }
      if (this.i === FIELDS.length) {
        return printHash(
          parseHash(this.hash, this.algo, { blake3: m.settings.features.has('blake3-hashes') }),
          this.format,
        )
      }
      const name = FIELDS[this.i]
      const slot = lookup(this.a, m.symbols.intern(name))
      if (slot === undefined) {
        if (name !== 'hashAlgo') throw missingAttribute(name, `while locating the attribute '${name}'`)
        this.i++
        continue
      }
      this.forcing = true
      r = m.force(slot)
      if (r === WAIT) return WAIT
    }
  }
  get line(): string {
    return `while evaluating the attribute '${FIELDS[this.i]}'`
  }
  take(m: Machine, s: string): void {
    if (this.i === 0) this.hash = s
    else if (this.i === 1) this.algo = algorithm(m, s)
    else {
      if (s === 'base32') m.log('warning: "base32" is a deprecated alias for hash format "nix32".')
      this.format = parseHashFormat(s)
    }
  }
  override explain(_m: Machine, error: NixError): void {
    if (this.forcing) error.addTrace(this.line)
  }
}

/** The builtins of this file. */
export function hashBuiltins(): Builtin[] {
  return [
    builtin({
      name: 'hashString',
      params: [param(PLAIN_STRING), param(LAZY)],
      start: (m, name: string, s: Slot) => {
        // Before the string is looked at.
        const algo = algorithm(m, name)
        const line = 'while evaluating the second argument passed to builtins.hashString'
        return withString(m, s, line, (m, text) => m.io.hash(algo, textOf(text)))
      },
    }),
    builtin({
      name: 'convertHash',
      params: [param(ATTRS)],
      start: (m, a: Attrs) => m.push(new ConvertHashFrame(a)),
    }),
  ]
}
