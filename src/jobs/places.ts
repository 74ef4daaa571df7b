/** Attributes of a value by their paths (floor 6), for one who is asked to look at some of them, in no order. */
import { NixError } from '../errors.ts'
import { autoCall } from '../runtime/attr-path.ts'
import type { Slot } from '../values/value.ts'
import type { Evaluation } from './evaluation.ts'
import type { Looker, Outcome } from './protocol.ts'
import { lookAt, type WalkOptions } from './walk.ts'

export class Places implements Looker {
  readonly #evaluation: Evaluation
  readonly #options: WalkOptions
  readonly #root: Slot
  /** What is in the sets that have been entered. */
  readonly #entered = new Map<string, ReadonlyMap<string, Slot>>()
  #top: Slot | undefined

  /** `root`: the value; it is called if it is a function. */
  constructor(evaluation: Evaluation, root: Slot, options: WalkOptions) {
    this.#evaluation = evaluation
    this.#options = options
    this.#root = root
  }

  /**
   * Looks at an attribute, whose path begins at the value.
   * @throws NixError when the value itself does not evaluate; what is not the attribute's own: see isOfAttribute
   */
  async look(path: readonly string[]): Promise<Outcome> {
    const slot = await this.#slot(path)
    const place = { path: [...this.#options.prefix, ...path], slot }
    const look = await lookAt(this.#evaluation, place, this.#options, path.length === 0)
    if (!('children' in look)) return { ...look, failed: look.error !== undefined }
    const slots = new Map<string, Slot>()
    for (const child of look.children) slots.set(child.path[child.path.length - 1], child.slot)
    this.#entered.set(keyOf(path), slots)
    return { children: [...slots.keys()] }
  }

  async #slot(path: readonly string[]): Promise<Slot> {
    if (path.length === 0) {
      const { autoArgs } = this.#options
      this.#top ??= await this.#evaluation.run((m) => autoCall(m, autoArgs, this.#root))
      return this.#top
    }
    const outer = path.slice(0, -1)
    const key = keyOf(outer)
    if (!this.#entered.has(key)) await this.look(outer)
    const slot = this.#entered.get(key)?.get(path[path.length - 1])
    // Another evaluator has found it.
    if (slot === undefined) throw new NixError('eval', `there is no attribute '${path.join('.')}' any more`)
    return slot
  }
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path)
}
