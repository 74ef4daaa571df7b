/** What a run cost (floor 7): for `--stats` and NIX_SHOW_STATS, as JSON, Nix's names where Nix has the figure. */
import { writeFileSync } from 'node:fs'
import { OPS } from '../bytecode/opcode-info.ts'
import type { CacheStats } from '../cache/cache.ts'
import type { Evaluator } from '../evaluator.ts'
import { nodePath } from '../io/node/bytes.ts'
import { systemText } from '../io/node/errno.ts'
import { COUNT, counts } from '../values/counts.ts'
import { writeError } from './stdio.ts'

/** Whether figures are wanted. Nix: EvalState::maybePrintStats; any value but "0", even an empty one. */
export function wantsStats(asked: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return asked || (env.NIX_SHOW_STATS ?? '0') !== '0'
}

/** The figures of an evaluator that was ready `started` milliseconds after the process began. */
export function statsOf(
  evaluator: Evaluator,
  cache: CacheStats | undefined,
  started: number,
): Record<string, unknown> {
  const usage = process.resourceUsage()
  const memory = process.memoryUsage()
  const cpu = (usage.userCPUTime + usage.systemCPUTime) / 1e6
  const { files, bytes, readMs, parseMs, compileMs } = evaluator.loader.stats
  const storing = cache?.storeTime ?? 0
  const reading = readMs + (cache?.readTime ?? 0)
  const loading = (cache?.loadTime ?? 0) - (cache?.readTime ?? 0)
  const running = process.uptime() * 1000 - started - reading - parseMs - compileMs - loading - storing
  return {
    cpuTime: cpu,
    /** Milliseconds; what is not one of the others is running. */
    phases: { starting: started, reading, parsing: parseMs, compiling: compileMs, loading, storing, running },
    time: { cpu, wall: process.uptime() },
    symbols: {
      number: evaluator.symbols.names.length,
      bytes: evaluator.symbols.names.reduce((n, name) => n + name.length, 0),
    },
    sources: { files, bytes, readMs, parseMs, compileMs },
    ...(cache === undefined ? {} : { cache }),
    ...(COUNT ? { counts: countsSoFar() } : {}),
    memory: { heapUsed: memory.heapUsed, heapTotal: memory.heapTotal, maxRss: usage.maxRSS * 1024 },
  }
}

/** The figures of a counting build: totals, and how often each opcode was executed, the most frequent first. */
function countsSoFar(): Record<string, unknown> {
  const byOpcode = OPS.map(({ name }, op): [string, number] => [name, counts.opcodes[op]])
    .filter(([, n]) => n > 0)
    .sort(([, a], [, b]) => b - a)
  const { codeFrames, nativeFrames, thunks, environments, copied } = counts
  return {
    opcodes: byOpcode.reduce((sum, [, n]) => sum + n, 0),
    codeFrames,
    nativeFrames,
    thunks,
    environments,
    copied,
    byOpcode: Object.fromEntries(byOpcode),
  }
}

/** Prints figures on standard error, or into the file that NIX_SHOW_STATS_PATH names, if that can be written. */
export function printStats(
  stats: Record<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const text = `${JSON.stringify(stats, null, 2)}\n`
  const path = env.NIX_SHOW_STATS_PATH
  if (path === undefined || path === '' || path === '-') {
    writeError(text)
    return
  }
  try {
    writeFileSync(nodePath(path), text)
  } catch (error) {
    // The value has been printed: figures that cannot be written are no reason to fail.
    writeError(`warning: cannot write the statistics to "${path}": ${systemText(error)}\n`)
  }
}
