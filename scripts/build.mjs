// Bundles the doors of Firnix into dist/ with rolldown. Usage: node scripts/build.mjs [--trace] [--tests]
// Bundling is not cosmetic: V8 makes a jump table of the VM's switch only when its case labels are literals, and
// rolldown inlines the opcode constants (see ARCHITECTURE.md, "Hot path").
import { existsSync } from 'node:fs'
import { rolldown } from 'rolldown'

const trace = process.argv.includes('--trace')
const entries = {
  firnix: 'src/cli/firnix.ts',
  'firnix-instantiate': 'src/cli/firnix-instantiate.ts',
  index: 'src/index.ts',
}
const input = Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file)))
const bundle = await rolldown({
  input,
  platform: 'node',
  treeshake: true,
  external: [/^node:/, 'msgpackr-extract'],
  transform: { define: { __TRACE__: String(trace) } },
  optimization: { inlineConst: { mode: 'all', pass: 3 } },
})
await bundle.write({
  dir: trace ? 'dist/trace' : 'dist',
  format: 'esm',
  chunkFileNames: '[name].js',
  minify: false,
})
await bundle.close()
