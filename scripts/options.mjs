// The words of a script's command line, by node:util's parseArgs. `--help` prints the comment that the script begins with, which
// says what it is for and how it is used; a word that it does not know is an error, with that comment, and exit code 2.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** `script`: its `import.meta.url`; `config`: what parseArgs takes. Answers `values` and `positionals`. */
export function optionsOf(script, config) {
  let parsed
  try {
    parsed = parseArgs({
      ...config,
      options: { ...config.options, help: { type: 'boolean', default: false } },
    })
  } catch (error) {
    if (!error.code?.startsWith('ERR_PARSE_ARGS')) throw error
    console.error(`${error.message}\n\n${headOf(script)}`)
    process.exit(2)
  }
  if (parsed.values.help) {
    console.log(headOf(script))
    process.exit(0)
  }
  return parsed
}

function headOf(script) {
  const [head] = /^(\/\/.*\n)+/.exec(readFileSync(fileURLToPath(script), 'utf8')) ?? ['']
  return head.replace(/^\/\/ ?/gm, '').trimEnd()
}
