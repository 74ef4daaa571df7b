// How much the machine does for the bench programs, against bench/counts.json. Usage and meaning: bench/counts.ts.
import { buildFirnix, loadBench, root } from './bench-bundle.mjs'

const args = process.argv.slice(2)
if (!args.includes('--no-build')) buildFirnix('--count')
const { main } = await loadBench(['counts'])
const { growthFailures } = await loadBench(['growth-counts'], { count: true })
process.exitCode = main(root, args, growthFailures())
