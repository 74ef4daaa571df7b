// How much the machine does for the bench programs (bench/counts.ts), against bench/counts.json.
//
// Usage: node scripts/bench-counts.mjs [--update] [--no-build]
//   --update     writes bench/counts.json anew
//   --no-build   takes dist/count as it is
// Exit 1 if a figure has risen by more than 2 %, or a program gives another result, or what the machine does for one of
// the programs of `growth` more than doubles with their size.
import { buildFirnix, loadBench, root } from './bench-bundle.mjs'
import { optionsOf } from './options.mjs'

const { values } = optionsOf(import.meta.url, {
  options: {
    update: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
})
if (!values['no-build']) buildFirnix('--count')
const { main } = await loadBench(['counts'])
const { growthFailures } = await loadBench(['growth-counts'], { count: true })
try {
  process.exitCode = main(root, values, growthFailures())
} catch (error) {
  console.error(`counts: ${error.message.trimEnd()}`)
  process.exitCode = 1
}
