// Builds, bundles and runs the benches: what scripts/bench.mjs starts, in a group of its own.
import { buildFirnix, loadBench, root } from './bench-bundle.mjs'

const args = process.argv.slice(2)
if (!args.includes('--no-build')) buildFirnix()
const { main } = await loadBench(['main', 'micro', 'alternatives', 'evaluators'])
process.exitCode = await main(root, args)
