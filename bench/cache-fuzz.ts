/** One process of scripts/cache-fuzz.mjs. Arguments: FOLDER ROUNDS SEED [LAUNCHER] */
import { fuzz } from '../test/cache/fuzz.ts'

const [folder, rounds, seed, program] = process.argv.slice(2)
const report = fuzz({
  folder,
  rounds: Number(rounds),
  seed: Number(seed),
  ...(program === undefined ? {} : { program }),
  log: (line) => console.error(line),
})
console.log(JSON.stringify({ ...report, wrong: report.wrong.length }))
