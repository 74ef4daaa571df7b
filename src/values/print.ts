/**
 * Printing without evaluating (floor 2): a slot comes in, what `nix-instantiate --eval` prints goes out.
 * Nix: printAmbiguous (print-ambiguous.cc).
 */
import { NixError } from '../errors.ts'
import { TextOut, type Write } from '../text-out.ts'
import { flat } from './attrs.ts'
import { CLOSE_QUOTE, OPEN_QUOTE, quoteName, quoteString, shownSlot } from './describe.ts'
import { showFloat } from './float.ts'
import {
  Attrs,
  Builtin,
  Closure,
  Float,
  Hole,
  List,
  Partial,
  Path,
  type Slot,
  StringWithContext,
  Thunk,
  type Value,
} from './value.ts'

export interface AmbiguousOptions {
  /** max-call-depth: deeper nesting is a stack overflow. */
  maxDepth?: number
  /** Takes the output piece by piece. */
  write?: Write
}

/** What has no parts; undefined for sets and lists. */
function atom(v: Slot): string | undefined {
  switch (typeof v) {
    case 'string':
      return quoteString(v)
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(v)
    default:
  }
  if (v === null) return 'null'
  if (v instanceof StringWithContext) return quoteString(v.text)
  if (v instanceof Float) return showFloat(v)
  if (v instanceof Path) return v.path
  if (v instanceof Closure) return '<LAMBDA>'
  if (v instanceof Builtin) return '<PRIMOP>'
  if (v instanceof Partial) return v.fn instanceof Closure ? '<LAMBDA>' : '<PRIMOP-APP>'
  if (v instanceof Thunk) {
    return v.code instanceof Hole ? `${OPEN_QUOTE}potential infinite recursion${CLOSE_QUOTE}` : '<CODE>'
  }
  return undefined
}

const REPEATED = `${OPEN_QUOTE}repeated${CLOSE_QUOTE}`

/**
 * Prints a value as it is: `{ a = 1; b = <CODE>; }` on one line. A set (or a list's cell) that has been printed is
 * `«repeated»`. Answers the text, or '' when `options.write` has taken it.
 * @throws NixError stack overflow; what has been printed by then has been written
 */
export function printAmbiguous(root: Slot, options: AmbiguousOptions = {}): string {
  const out = new TextOut(options.write)
  const max = options.maxDepth ?? Number.POSITIVE_INFINITY
  const seen = new Set<unknown>()
  const stack: (Attrs | List)[] = []
  const next: number[] = []
  let slot: Slot | undefined = root
  for (;;) {
    if (stack.length > max) {
      out.flush()
      throw new NixError('stack-overflow', 'stack overflow; max-call-depth exceeded')
    }
    const v: Slot | undefined = slot instanceof Thunk && slot.code === null ? (slot.payload as Value) : slot
    const text = v === undefined ? '<CODE>' : atom(v)
    if (text !== undefined) out.add(text)
    else if (v instanceof Attrs) {
      if (flat(v).shape.size > 0 && seen.has(v)) out.add(REPEATED)
      else {
        seen.add(v)
        out.add('{ ')
        stack.push(v)
        next.push(0)
      }
    } else if (v instanceof List) {
      if (v.length > 0 && seen.has(slot)) out.add(REPEATED)
      else {
        seen.add(slot)
        out.add('[ ')
        stack.push(v)
        next.push(0)
      }
    }
    for (;;) {
      const at = stack.length - 1
      if (at < 0) return out.text
      const top = stack[at]
      const i = next[at]++
      if (top instanceof List) {
        if (i > 0) out.add(' ')
        if (i < top.length) {
          slot = top.at(i)
          break
        }
        out.add(']')
      } else {
        if (i > 0) out.add('; ')
        if (i < top.shape.size) {
          out.add(`${quoteName(top.shape.nameAt(i))} = `)
          slot = shownSlot(top, i)
          break
        }
        out.add('}')
      }
      stack.pop()
      next.pop()
    }
  }
}
