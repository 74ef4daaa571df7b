/** What the walkers of this wing need of an evaluator (floor 6), and small questions they ask it. */
import { NixError } from '../errors.ts'
import type { Machine, Step } from '../runtime/machine.ts'
import { lookup } from '../values/attrs.ts'
import { type Attrs, isString, type Slot, textOf, type Value } from '../values/value.ts'

/** An evaluator at work. */
export interface Evaluation {
  readonly machine: Machine
  /** Runs a request to its end, waiting where it has to. Throws NixError. */
  run(start: (m: Machine) => Step): Promise<Value>
  /** An error as standard error would show it, without colours. */
  describe(error: NixError): string
  /** A line for standard error. */
  log(line: string): void
}

/** Told about the walk as it goes on. */
export interface Listener {
  /** One more to be done is known. */
  found(): void
  /** One more attribute is done. */
  done(): void
  /** One that failed. */
  failed(): void
}

/** The slot of a named attribute. */
export function attribute(m: Machine, attrs: Attrs, name: string): Slot | undefined {
  const sym = m.symbols.find(name)
  return sym < 0 ? undefined : lookup(attrs, sym)
}

/** The text of a value that is known to be a string. */
export function textOfString(v: Value): string {
  return isString(v) ? textOf(v) : ''
}

/** Whether what was thrown is about the attribute that was looked at; else it is about the run, and the walk ends with it. */
export function isOfAttribute(thrown: unknown): thrown is NixError {
  return thrown instanceof NixError && (!thrown.passing || thrown.kind === 'encoding')
}
