// Builds, bundles and runs the benches. Usage: bench/main.ts, or npm run bench -- --help.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildFirnix, loadBench, root } from './bench-bundle.mjs'

const args = process.argv.slice(2)
if (args.includes('--help')) {
  const text = readFileSync(join(root, 'bench/main.ts'), 'utf8')
  console.log(text.slice(4, text.indexOf(' */')).replace(/^ \* ?/gm, ''))
} else {
  if (!args.includes('--no-build')) buildFirnix()
  const { main } = await loadBench(['main', 'micro', 'alternatives', 'evaluators'])
  process.exitCode = await main(root, args)
}
