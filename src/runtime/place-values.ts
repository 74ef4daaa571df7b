/**
 * Line and column of a position as values of `__curPos` and `unsafeGetAttrPos` (floor 3): thunks, as in Nix, so that a set
 * shown before anybody asked for them shows none. Nix: eval.cc, makePositionThunks.
 */
import type { PosIdx } from '../source.ts'
import { Deferred, Thunk, type Value } from '../values/value.ts'
import type { Machine } from './machine.ts'

class LineOfPos extends Deferred {
  start(m: Machine, pos: PosIdx): Value {
    return m.positions.resolve(pos)?.line ?? 0
  }
}
class ColumnOfPos extends Deferred {
  start(m: Machine, pos: PosIdx): Value {
    return m.positions.resolve(pos)?.column ?? 0
  }
}
const lineOf = new LineOfPos()
const columnOf = new ColumnOfPos()

/** The line that a position is on, worked out when somebody asks. */
export function lineSlot(pos: PosIdx): Thunk {
  return new Thunk(lineOf, pos)
}

/** Its column. */
export function columnSlot(pos: PosIdx): Thunk {
  return new Thunk(columnOf, pos)
}
