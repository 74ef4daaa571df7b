/**
 * Builtins on strings and the texts of paths (floor 4); the algorithms without values are in text/strings.ts.
 * Nix: primops.cc, "String manipulation" and "Paths".
 */
import { NixError } from '../errors.ts'
import { type CoerceOptions, coerceToPath, coerceToString, forceBelow } from '../runtime/coerce.ts'
import { ContextSet } from '../runtime/context.ts'
import { expectString } from '../runtime/expect.ts'
import { bothForms, builtin, Frame, type Machine, param, type Step, WAIT } from '../runtime/machine.ts'
import { mergeContext } from '../store/context.ts'
import { TextOut } from '../text-out.ts'
import {
  ANY,
  type Builtin,
  contextOf,
  INTEGER,
  isString,
  LAZY,
  LIST,
  type List,
  makeString,
  NO_CONTEXT,
  OFFSET,
  Path,
  peek,
  type Slot,
  STRING,
  StringWithContext,
  textOf,
  type Value,
} from '../values/value.ts'
import { CoercingFrame, withCoerced } from './support.ts'
import { Replacing } from './text/replace.ts'
import { baseNameOf, dirOf } from './text/strings.ts'

/** A string with another text and the same context. */
function withText(s: string | StringWithContext, text: string): string | StringWithContext {
  return typeof s === 'string' ? text : new StringWithContext(text, s.context)
}

/** A negative length takes the rest. An empty piece keeps the context, too. */
function piece(start: number | bigint, length: number | bigint, s: string | StringWithContext): Value {
  if (typeof s === 'string' && typeof start === 'number' && typeof length === 'number')
    return length < 0 ? s.slice(start) : s.slice(start, start + length)
  const text = textOf(s)
  if (start >= text.length) return withText(s, '')
  const from = Number(start)
  return withText(s, length < 0 ? text.slice(from) : text.slice(from, from + Number(length)))
}

const START = 'while evaluating the first argument (the start offset) passed to builtins.substring'
const LENGTH = 'while evaluating the second argument (the substring length) passed to builtins.substring'
const SUBJECT: CoerceOptions = {
  more: false,
  copyToStore: true,
  context: 'while evaluating the third argument (the string) passed to builtins.substring',
}

/** `substring`, when the string is not there yet. */
class SubstringFrame extends CoercingFrame {
  readonly start: number | bigint
  readonly length: number | bigint
  constructor(start: number | bigint, length: number | bigint, subject: Slot) {
    super(subject, SUBJECT)
    this.start = start
    this.length = length
  }
  protected override use(_m: Machine, s: string | StringWithContext): Value {
    return piece(this.start, this.length, s)
  }
}

function substring(m: Machine, start: number | bigint, length: number | bigint, subject: Slot): Step {
  const s = peek(subject)
  if (typeof s === 'string' || s instanceof StringWithContext) return piece(start, length, s)
  return m.push(new SubstringFrame(start, length, subject))
}

const PART: CoerceOptions = {
  more: false,
  copyToStore: true,
  context:
    'while evaluating one element of the list of strings to concat passed to builtins.concatStringsSep',
}

class ConcatFrame extends Frame {
  readonly separator: string
  readonly parts: List
  readonly contexts: ContextSet
  readonly joined = new TextOut()
  i = 0
  /** An element is being forced; otherwise one is being coerced. */
  forcing = false
  /** Nobody else has the list (values/value.ts, BuiltinForms). */
  readonly owning: boolean
  constructor(separator: string | StringWithContext, parts: List, owning: boolean) {
    super()
    this.separator = textOf(separator)
    this.parts = parts
    this.owning = owning
    this.contexts = new ContextSet()
    this.contexts.add(contextOf(separator))
  }
  step(m: Machine, answer: Value | undefined): Step {
    const { parts, separator, owning, joined } = this
    const n = parts.length
    let { i } = this
    let r: Step | undefined = answer
    if (this.forcing) {
      this.forcing = false
      if (typeof r !== 'string') {
        r = coerceToString(m, r as Value, PART)
        if (r === WAIT) return WAIT
      }
    }
    for (;;) {
      if (r !== undefined) {
        if (i > 0) joined.add(separator)
        if (typeof r === 'string') joined.add(r)
        else {
          joined.add((r as StringWithContext).text)
          this.contexts.add((r as StringWithContext).context)
        }
        i++
      }
      if (i === n) return makeString(joined.text, this.contexts.context)
      const slot = owning ? parts.pass(i) : parts.at(i)
      if (typeof slot === 'string') {
        r = slot
        continue
      }
      let v: Step | undefined = peek(slot)
      if (v === undefined) {
        this.i = i
        this.forcing = true
        v = forceBelow(m, slot)
        if (v === WAIT) return WAIT
        this.forcing = false
      }
      if (!owning) parts.settle(i, slot)
      r = typeof v === 'string' ? v : coerceToString(m, v as Value, PART)
      if (r === WAIT) {
        this.i = i
        return WAIT
      }
    }
  }
}

const PATTERN = 'while evaluating one of the strings to replace passed to builtins.replaceStrings'
const WHOLE = 'while evaluating the third argument passed to builtins.replaceStrings'
const REPLACEMENT = 'while evaluating one of the replacement strings passed to builtins.replaceStrings'

/** Forces the patterns, then the subject, then those replacements that are needed, in the order of first use. */
class ReplaceFrame extends Frame {
  readonly from: List
  readonly to: List
  readonly subject: Slot
  readonly patterns: string[] = []
  readonly contexts = new ContextSet()
  replacing: Replacing | null = null
  /** The replacement that is being forced. */
  needed = 0
  /** The trace line of what is being forced. */
  context = ''

  constructor(from: List, to: List, subject: Slot) {
    super()
    this.from = from
    this.to = to
    this.subject = subject
  }

  step(m: Machine, answer: Value | undefined): Step {
    const { from, to, patterns } = this
    let r: Step | undefined = answer
    for (;;) {
      if (r !== undefined) {
        const { context } = this
        this.context = ''
        const s = expectString(m, r as Value, context)
        if (context === PATTERN) patterns.push(textOf(s))
        else {
          this.contexts.add(contextOf(s))
          if (context === WHOLE) this.replacing = new Replacing(patterns, textOf(s))
          else if (this.replacing !== null) this.replacing.give(this.needed, textOf(s))
        }
      }
      if (patterns.length < from.length) {
        const pattern = from.at(patterns.length)
        if (typeof pattern === 'string') {
          patterns.push(pattern)
          r = undefined
          continue
        }
        this.context = PATTERN
        r = m.force(pattern)
      } else if (this.replacing === null) {
        this.context = WHOLE
        r = m.force(this.subject)
      } else {
        this.needed = this.replacing.run()
        if (this.needed < 0) return makeString(this.replacing.result, this.contexts.context)
        this.context = REPLACEMENT
        r = m.force(to.at(this.needed))
      }
      if (r === WAIT) return WAIT
    }
  }

  override explain(_m: Machine, error: NixError): void {
    if (this.context !== '') error.addTrace(this.context)
  }
}

function replaceStrings(m: Machine, from: List, to: List, subject: Slot): Step {
  if (from.length !== to.length) {
    const message = "'from' and 'to' arguments passed to builtins.replaceStrings have different lengths"
    throw new NixError('eval', message)
  }
  return replaceForced(from, to, subject) ?? m.push(new ReplaceFrame(from, to, subject))
}

/** `replaceStrings` where all that it looks at is a string already; undefined when something is not. */
function replaceForced(from: List, to: List, subject: Slot): Value | undefined {
  const patterns: string[] = new Array(from.length)
  for (let i = 0; i < patterns.length; i++) {
    const pattern = peek(from.at(i))
    if (typeof pattern === 'string') patterns[i] = pattern
    else if (pattern instanceof StringWithContext) patterns[i] = pattern.text
    else return undefined
  }
  const whole = peek(subject)
  if (whole === undefined || !isString(whole)) return undefined
  const replacing = new Replacing(patterns, textOf(whole))
  let { context } = whole instanceof StringWithContext ? whole : NOTHING
  for (let needed = replacing.run(); needed >= 0; needed = replacing.run()) {
    const replacement = peek(to.at(needed))
    if (replacement === undefined || !isString(replacement)) return undefined
    if (replacement instanceof StringWithContext) context = mergeContext(context, replacement.context)
    replacing.give(needed, textOf(replacement))
  }
  return replacing.changed ? makeString(replacing.result, context) : whole
}

const NOTHING = { context: NO_CONTEXT }

const TO_STRING: CoerceOptions = {
  more: true,
  copyToStore: false,
  context: 'while evaluating the first argument passed to builtins.toString',
}
const LENGTH_OF: CoerceOptions = {
  more: false,
  copyToStore: true,
  context: 'while evaluating the argument passed to builtins.stringLength',
}
const BASE_NAME: CoerceOptions = {
  more: false,
  copyToStore: false,
  context: 'while evaluating the first argument passed to builtins.baseNameOf',
}
const DIR: CoerceOptions = {
  more: false,
  copyToStore: false,
  context: "while evaluating the first argument passed to 'builtins.dirOf'",
}
const TO_PATH = 'while evaluating the first argument passed to builtins.toPath'

/** Nix: primops.cc, prim_toPath. */
class ToPathFrame extends Frame {
  readonly slot: Slot
  constructor(slot: Slot) {
    super()
    this.slot = slot
  }
  override step(m: Machine, answer: Value | undefined): Step {
    const v = answer ?? coerceToPath(m, this.slot, TO_PATH)
    return v instanceof Path ? v.path : v
  }
}

function lengthOf(_m: Machine, s: string | StringWithContext): Value {
  return textOf(s).length
}

function baseNameOfString(_m: Machine, s: string | StringWithContext): Value {
  return withText(s, baseNameOf(textOf(s)))
}

function dirOfString(_m: Machine, s: string | StringWithContext): Value {
  return withText(s, dirOf(textOf(s)))
}

/** The builtins of this file. */
export function stringBuiltins(): Builtin[] {
  return [
    builtin({
      name: 'toString',
      params: [param(LAZY)],
      start: (m, slot: Slot) => (typeof slot === 'string' ? slot : coerceToString(m, slot, TO_STRING)),
    }),
    builtin({
      name: 'stringLength',
      params: [param(LAZY)],
      start: (m, slot: Slot) => withCoerced(m, slot, LENGTH_OF, lengthOf),
    }),
    builtin({
      name: 'substring',
      params: [param(OFFSET, START), param(INTEGER, LENGTH), param(LAZY)],
      start: substring,
    }),
    builtin({
      name: 'concatStringsSep',
      params: [
        param(
          STRING,
          'while evaluating the first argument (the separator string) passed to builtins.concatStringsSep',
        ),
        param(
          LIST,
          'while evaluating the second argument (the list of strings to concat) passed to builtins.concatStringsSep',
        ),
      ],
      ...bothForms(
        (owning) => (m, separator: string | StringWithContext, parts: List) =>
          m.push(new ConcatFrame(separator, parts, owning)),
      ),
    }),
    builtin({
      name: 'replaceStrings',
      params: [param(LIST), param(LIST), param(LAZY)],
      start: replaceStrings,
    }),
    builtin({
      name: 'baseNameOf',
      params: [param(LAZY)],
      start: (m, slot: Slot) => withCoerced(m, slot, BASE_NAME, baseNameOfString),
    }),
    builtin({
      name: 'dirOf',
      params: [param(ANY, '')],
      start: (m, v: Value) => {
        // The root stays the root.
        if (v instanceof Path) return new Path(v.path.slice(0, v.path.lastIndexOf('/')) || '/')
        return withCoerced(m, v, DIR, dirOfString)
      },
    }),
    builtin({
      name: 'toPath',
      params: [param(LAZY)],
      start: (m, slot: Slot) => m.push(new ToPathFrame(slot)),
    }),
  ]
}
