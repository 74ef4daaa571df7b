/** The constituents of an aggregate job (floor 6): a list in, the derivations and the names in it out. */
import { coerceToString } from '../runtime/coerce.ts'
import { expectList } from '../runtime/expect.ts'
import type { PosIdx } from '../source.ts'
import type { Slot } from '../values/value.ts'
import { contextOf, isString, textOf } from '../values/value.ts'
import type { Evaluation } from './evaluation.ts'

const CONTEXT = 'while evaluating the `constituents` attribute'

export class Aggregate {
  /** Base names of .drv files that the list refers to. */
  readonly drvPaths: string[] = []
  /** Strings in the list: names of other jobs, or patterns for them. */
  readonly names: string[] = []

  /** Reads the list. @throws NixError when it is none, or cannot be made a string */
  async read(evaluation: Evaluation, slot: Slot, pos: PosIdx): Promise<void> {
    const m = evaluation.machine
    const text = await evaluation.run((machine) =>
      coerceToString(machine, slot, { more: true, copyToStore: false, context: CONTEXT, pos }),
    )
    for (const element of isString(text) ? contextOf(text) : []) {
      if (element.charCodeAt(0) !== 33) continue
      const drvPath = element.slice(element.indexOf('!', 1) + 1)
      this.drvPaths.push(drvPath.slice(m.settings.storeDir.length + 1))
    }
    const list = expectList(m, await evaluation.run((machine) => machine.force(slot)), CONTEXT, pos)
    for (let i = 0; i < list.length; i++) {
      const v = await evaluation.run((machine) => machine.force(list.at(i)))
      if (isString(v)) this.names.push(textOf(v))
    }
  }
}
