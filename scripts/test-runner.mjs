// One process of a test run (started by scripts/test.mjs): imports the bundled test files named as arguments, runs their
// suites in order and sends one report per file. Uses uvu's queue as uvu's own command does, with what that leaves out:
// a file without a test, a suite nobody ran and a file that throws while it loads are failures.
import { pathToFileURL } from 'node:url'

globalThis.UVU_DEFER = 1
globalThis.UVU_QUEUE = []
globalThis.FIRNIX_TESTS = { waiting: [], skipped: [] }
const ledger = globalThis.FIRNIX_TESTS

let index = 0
for (const file of process.argv.slice(2)) {
  const report = { index, passed: 0, failed: 0, skipped: [], error: undefined }
  globalThis.UVU_INDEX = index
  globalThis.UVU_QUEUE.push([])
  ledger.waiting = []
  ledger.skipped = report.skipped
  try {
    await import(pathToFileURL(file).href)
    for (const run of globalThis.UVU_QUEUE[index]) {
      const [errors, passed, , total] = await run()
      report.passed += passed
      report.failed += total - passed
      if (typeof errors === 'string') process.stdout.write(`\n${errors}\n`)
    }
    if (ledger.waiting.length > 0) report.error = `run() was not called on: ${ledger.waiting.join(', ')}`
    else if (report.passed + report.failed + report.skipped.length === 0) report.error = 'registers no test'
  } catch (error) {
    report.error = error?.stack ?? String(error)
  }
  process.send(report)
  index++
}
process.disconnect()
