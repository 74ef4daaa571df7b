// How Firnix is bundled, said once for the program (build.mjs), the tests (test.mjs) and the benches. Bundling is not
// cosmetic: V8 makes a jump table of the VM's switch only when its case labels are literals, and rolldown inlines the
// opcode constants (see ARCHITECTURE.md, "Hot path").
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What tells one state of the sources from another: compiled chunks in a cache are those of one build (evaluator.ts). */
export function fingerprint() {
  const hash = createHash('sha256')
  for (const name of readdirSync('src', { recursive: true }).sort()) {
    const file = join('src', name)
    if (statSync(file).isFile()) hash.update(`${name}\0`).update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex').slice(0, 16)
}

/** Rolldown's input options; `trace` builds the VM with its tracing in, `count` with its counters (src/values/counts.ts). */
export function bundleOptions({ trace = false, count = false } = {}) {
  return {
    platform: 'node',
    treeshake: true,
    external: [/^node:/, 'msgpackr-extract'],
    // tsconfig.json turns useDefineForClassFields off: defining declared fields before the constructor assigns them
    // costs as much again for every object made.
    tsconfig: 'tsconfig.json',
    transform: {
      define: {
        __TRACE__: String(trace),
        __COUNT__: String(count),
        __BUILD__: JSON.stringify(fingerprint()),
      },
    },
    optimization: { inlineConst: { mode: 'all', pass: 3 } },
  }
}
