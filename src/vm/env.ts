/**
 * Making environments (floor 4), for the switch and for compiled code. Literals of each small size: V8 allocates those in
 * one piece, and there are millions.
 */
import { COUNT, counts } from '../values/counts.ts'
import { emptySlots } from '../values/slots.ts'
import type { Env, Slot } from '../values/value.ts'

/** The environment that is so many hops further out. The dispatch loop has this in its cases. */
export function envAt(env: Env, hops: number): Env {
  for (; hops > 0; hops--) env = env[0]
  return env
}

/** An environment of `size` slots below `parent`, all empty. */
export function makeEnv(size: number, parent: Env): Env {
  if (COUNT) counts.environments++
  switch (size) {
    case 2:
      return [parent, undefined]
    case 3:
      return [parent, undefined, undefined]
    case 4:
      return [parent, undefined, undefined, undefined]
    case 5:
      return [parent, undefined, undefined, undefined, undefined]
    case 6:
      return [parent, undefined, undefined, undefined, undefined, undefined]
    case 7:
      return [parent, undefined, undefined, undefined, undefined, undefined, undefined]
    case 8:
      return [parent, undefined, undefined, undefined, undefined, undefined, undefined, undefined]
    case 9:
      return [parent, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined]
    case 10:
      return [
        parent,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]
    case 11:
      return [
        parent,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]
    case 12:
      return [
        parent,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]
    case 13:
      return [
        parent,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]
    case 14:
      return [
        parent,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]
    case 15:
      return [
        parent,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]
    case 16:
      return [
        parent,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]
    default: {
      const env: Env = emptySlots(size)
      env[0] = parent
      return env
    }
  }
}

/** The same with arguments in its first slots. */
export function envN(size: number, parent: Env, ...args: Slot[]): Env {
  const env = makeEnv(size, parent)
  for (let i = 0; i < args.length; i++) env[i + 1] = args[i]
  return env
}
