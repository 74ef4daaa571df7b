/** `--trace-runtime` (floor 7, trace builds only): what the machine does, a line each on standard error. */

import type { PosTable } from '../source.ts'
import { Proto } from '../values/code.ts'
import { OPEN_QUOTE, showPos } from '../values/describe.ts'
import type { Thunk } from '../values/value.ts'
import type { RuntimeObserver } from '../vm/observer.ts'

/** An observer that hands on lines like `12 call f /x.nix:3:4`: depth, event, what. */
export function runtimeTracer(positions: () => PosTable, write: (line: string) => void): RuntimeObserver {
  const named = (fn: Proto): string => {
    const { params } = fn
    const pos = params.length === 0 ? 0 : params[params.length - 1].pos
    return `${fn.name ?? 'lambda'} ${showPos(positions(), pos)}`
  }
  const work = (thunk: Thunk): string => {
    const { code } = thunk
    if (!(code instanceof Proto)) return code === null ? 'value' : (code as object).constructor.name
    const { chunk } = code
    return `${chunk.file ?? `${OPEN_QUOTE}text\xc2\xbb`} unit ${code.unit}`
  }
  return {
    frame: (frame, depth) => write(`${depth} frame ${frame.constructor.name}`),
    call: (fn, depth) => write(`${depth} call ${named(fn)}`),
    tailCall: (fn, depth) => write(`${depth} tail-call ${named(fn)}`),
    builtin: (builtin, depth) => write(`${depth} builtin ${builtin.name}`),
    force: (thunk, depth) => write(`${depth} force ${work(thunk)}`),
  }
}
