/**
 * Builtins that steer evaluation (floor 4): forcing, errors, traces. Nix: primops.cc, "Miscellaneous".
 */
import { NixError } from '../errors.ts'
import { coerceToString } from '../runtime/coerce.ts'
import { deepForce } from '../runtime/deep.ts'
import { builtin, Frame, type Machine, param, type Step, says, VERBOSITY, WAIT } from '../runtime/machine.ts'
import { describeValue } from '../values/describe.ts'
import {
  ANY,
  type Builtin,
  isForced,
  isString,
  LAZY,
  peek,
  type Slot,
  STRING,
  type StringWithContext,
  textOf,
  type Value,
} from '../values/value.ts'
import { FixedShape, resultOf, withCoerced } from './support.ts'

class DeepSeqFrame extends Frame {
  readonly first: Slot
  readonly second: Slot
  state = 0
  constructor(first: Slot, second: Slot) {
    super()
    this.first = first
    this.second = second
  }
  step(m: Machine, answer: Value | undefined): Step {
    if (this.state === 2) return answer as Value
    if (this.state === 0) {
      this.state = 1
      if (deepForce(m, this.first) === WAIT) return WAIT
    }
    this.state = 2
    return m.force(this.second)
  }
}

/** Result of `tryEval`: { success; value; }. Only the outermost constructor is forced. */
class TryEvalFrame extends Frame {
  readonly slot: Slot
  readonly shape: FixedShape
  constructor(slot: Slot, shape: FixedShape) {
    super()
    this.slot = slot
    this.shape = shape
  }
  step(m: Machine, answer: Value | undefined): Step {
    if (answer === undefined && m.force(this.slot) === WAIT) return WAIT
    return this.shape.make(m.symbols, true, this.slot)
  }
  override recover(m: Machine, error: NixError): Step | undefined {
    return error.catchable ? this.shape.make(m.symbols, false, false) : undefined
  }
}

/** The message of `addErrorContext`: a frame of its own, so that an error in it is told of like any other. */
class ErrorMessageFrame extends Frame {
  readonly message: Slot
  constructor(message: Slot) {
    super()
    this.message = message
  }
  step(m: Machine, answer: Value | undefined): Step {
    if (answer !== undefined) return answer
    return coerceToString(m, this.message, {
      more: false,
      copyToStore: false,
      context: 'while evaluating the error message passed to builtins.addErrorContext',
    })
  }
}

/** Forces the value; its error gets the message as a line that is always printed. */
class ErrorContextFrame extends Frame {
  readonly message: Slot
  readonly value: Slot
  error: NixError | null = null
  constructor(message: Slot, value: Slot) {
    super()
    this.message = message
    this.value = value
  }
  step(m: Machine, answer: Value | undefined): Step {
    if (this.error !== null) throw this.extended(this.error, answer as string | StringWithContext)
    return answer === undefined ? m.force(this.value) : answer
  }
  override recover(m: Machine, error: NixError): Step | undefined {
    // An error of the message itself takes the place of the first one.
    if (this.error !== null || error.passing) return undefined
    this.error = error
    const text = peek(this.message)
    if (text !== undefined && isString(text)) throw this.extended(error, text)
    const r = m.push(new ErrorMessageFrame(this.message))
    if (r === WAIT) return WAIT
    throw this.extended(error, r as string | StringWithContext)
  }
  extended(error: NixError, message: string | StringWithContext): NixError {
    return error.addTrace(textOf(message), 0, true)
  }
}

/** `traceVerbose`, when the setting is on: the first argument is printed like that of `trace`. */
class TraceFrame extends Frame {
  readonly first: Slot
  readonly second: Slot
  state = 0
  constructor(first: Slot, second: Slot) {
    super()
    this.first = first
    this.second = second
  }
  step(m: Machine, answer: Value | undefined): Step {
    if (this.state === 2) return answer as Value
    let r: Step | undefined = answer
    if (r === undefined) {
      this.state = 1
      r = m.force(this.first)
      if (r === WAIT) return WAIT
    }
    this.state = 2
    return trace(m, r as Value, this.second)
  }
}

function trace(m: Machine, v: Value, then: Slot): Step {
  m.log(`trace: ${isString(v) ? textOf(v) : describeValue(v, m.positions, TRACE_LIMITS)}`)
  return resultOf(m, then)
}

const TRACE_LIMITS = {
  depth: Number.POSITIVE_INFINITY,
  attrs: Number.POSITIVE_INFINITY,
  items: Number.POSITIVE_INFINITY,
  string: Number.POSITIVE_INFINITY,
}

const WARNING = 'evaluation warning: '

/** Later lines stand under the first one; neither the text nor a line ends in blanks. Nix: error.cc, indent. */
function warningText(text: string): string {
  const body = chomp(text)
  if (body === '') return ''
  const lines = body.split('\n')
  return lines.map((line, i) => chomp((i === 0 ? WARNING : ' '.repeat(WARNING.length)) + line)).join('\n')
}

function chomp(s: string): string {
  return s.replace(/[ \n\r\t]+$/, '')
}

/** The builtins of this file, as a table of their own for each evaluator. */
export function controlBuiltins(): Builtin[] {
  const tried = new FixedShape('success', 'value')
  return [
    builtin({
      name: 'seq',
      params: [param(ANY, ''), param(LAZY)],
      start: (m, _first: Value, second: Slot) => resultOf(m, second),
    }),
    builtin({
      name: 'deepSeq',
      params: [param(LAZY), param(LAZY)],
      start: (m, first: Slot, second: Slot) => m.push(new DeepSeqFrame(first, second)),
    }),
    builtin({
      name: 'tryEval',
      params: [param(LAZY)],
      start: (m, slot: Slot) =>
        isForced(slot) ? tried.make(m.symbols, true, slot) : m.pushCatching(new TryEvalFrame(slot, tried)),
    }),
    builtin({
      name: 'throw',
      params: [param(LAZY)],
      start: (m, slot: Slot) =>
        withCoerced(
          m,
          slot,
          {
            more: false,
            copyToStore: true,
            context: 'while evaluating the error message passed to builtin.throw',
          },
          (_m, s) => {
            throw new NixError('throw', textOf(s))
          },
        ),
    }),
    builtin({
      name: 'abort',
      params: [param(LAZY)],
      start: (m, slot: Slot) =>
        withCoerced(
          m,
          slot,
          {
            more: false,
            copyToStore: true,
            context: 'while evaluating the error message passed to builtins.abort',
          },
          (_m, s) => {
            const message = `evaluation aborted with the following error message: '${textOf(s)}'`
            throw new NixError('abort', message)
          },
        ),
    }),
    builtin({
      name: 'addErrorContext',
      params: [param(LAZY), param(LAZY)],
      start: (m, message: Slot, value: Slot) => m.push(new ErrorContextFrame(message, value)),
    }),
    builtin({
      name: 'trace',
      params: [param(ANY, ''), param(LAZY)],
      start: (m, v: Value, then: Slot) => trace(m, v, then),
    }),
    builtin({
      name: 'traceVerbose',
      params: [param(LAZY), param(LAZY)],
      start: (m, first: Slot, second: Slot) =>
        m.settings.traceVerbose ? m.push(new TraceFrame(first, second)) : resultOf(m, second),
    }),
    builtin({
      name: 'warn',
      params: [
        param(STRING, 'while evaluating the first argument; the message passed to builtins.warn'),
        param(LAZY),
      ],
      start: (m, message: string | StringWithContext, then: Slot) => {
        if (says(m, VERBOSITY.warn)) m.log(warningText(textOf(message)))
        if (m.settings.abortOnWarn) {
          const text = 'aborting to reveal stack trace of warning, as abort-on-warn is set'
          throw new NixError('abort', text)
        }
        return resultOf(m, then)
      },
    }),
    // There is nothing to stop in: the argument takes the place of the call, which no trace tells of.
    builtin({ name: 'break', params: [param(LAZY)], start: (m, v: Slot) => m.force(v) }),
  ]
}
