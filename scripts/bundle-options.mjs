// How Firnix is bundled, said once for the program (build.mjs), the tests (test.mjs) and the benches. Bundling is not
// cosmetic: V8 makes a jump table of the VM's switch only when its case labels are literals, and rolldown inlines the
// opcode constants (see ARCHITECTURE.md, "Hot path").

/** Rolldown's input options; `trace` builds the VM with its tracing in, `count` with its counters (src/values/counts.ts). */
export function bundleOptions({ trace = false, count = false } = {}) {
  return {
    platform: 'node',
    treeshake: true,
    external: [/^node:/, 'msgpackr-extract'],
    // tsconfig.json turns useDefineForClassFields off: defining declared fields before the constructor assigns them
    // costs as much again for every object made.
    tsconfig: 'tsconfig.json',
    transform: { define: { __TRACE__: String(trace), __COUNT__: String(count) } },
    optimization: { inlineConst: { mode: 'all', pass: 3 } },
  }
}
