// Makes a page of what the benches found. Usage: bench/report.ts.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildFirnix, loadBench, root } from './bench-bundle.mjs'

if (!existsSync(join(root, 'dist/program.js'))) buildFirnix()
const { main } = await loadBench(['report', 'micro', 'alternatives', 'evaluators'])
process.exitCode = await main(root, process.argv.slice(2))
