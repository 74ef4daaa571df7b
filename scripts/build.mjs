// Bundles the doors of Firnix into dist/ with rolldown. Usage: node scripts/build.mjs [--trace]
import { existsSync } from 'node:fs'
import { rolldown } from 'rolldown'
import { bundleOptions } from './bundle-options.mjs'

const trace = process.argv.includes('--trace')
const entries = {
  firnix: 'src/cli/firnix.ts',
  'firnix-instantiate': 'src/cli/firnix-instantiate.ts',
  index: 'src/index.ts',
}
const input = Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file)))
if (Object.keys(input).length > 0) {
  const bundle = await rolldown({ ...bundleOptions({ trace }), input })
  await bundle.write({
    dir: trace ? 'dist/trace' : 'dist',
    format: 'esm',
    chunkFileNames: '[name].js',
    minify: false,
  })
  await bundle.close()
}
