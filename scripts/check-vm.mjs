// Checks two facts about the dispatch function on the bundle, where they decide speed: every case label of its switch is a
// literal (V8 makes a jump table of nothing else), and V8's bytecode for it stays under 61,440 bytes, beyond which V8
// never optimises a function. Usage: node scripts/check-vm.mjs, after a build.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'

const LIMIT = 61_440
const NAME = 'dispatch'
const FEWEST_CASES = 30 // smaller switches in functions of that name are not the dispatch

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist')
const program = join(dist, 'firnix-instantiate.js')
if (!existsSync(program)) {
  console.error('vm: dist/firnix-instantiate.js is missing; run `npm run build` first')
  process.exit(1)
}

const faults = []
const dispatches = readdirSync(dist)
  .filter((file) => file.endsWith('.js'))
  .flatMap((file) => dispatchesOf(parseAst(readFileSync(join(dist, file), 'utf8')), undefined))
if (dispatches.length !== 1)
  faults.push(`expected one dispatch switch in a function '${NAME}', found ${dispatches.length}`)
for (const { cases } of dispatches) {
  for (const { test } of cases)
    if (test !== null && !isInteger(test))
      faults.push(`a case label is no literal (${test.type} at offset ${test.start})`)
}

const length = bytecodeLength()
if (length === undefined) faults.push(`V8 printed no bytecode for a function '${NAME}'`)
else if (length >= LIMIT)
  faults.push(`the bytecode of '${NAME}' is ${length} bytes long; V8 optimises up to ${LIMIT}`)

for (const fault of faults) console.log(`vm: ${fault}`)
const cases = dispatches[0]?.cases.length ?? 0
console.log(`vm: ${cases} cases, ${length ?? '?'} of ${LIMIT} bytes of bytecode`)
process.exitCode = faults.length > 0 ? 1 : 0

/** Big switches that stand directly in a function or method called NAME. */
function dispatchesOf(node, owner) {
  if (node === null || typeof node !== 'object') return []
  if (Array.isArray(node)) return node.flatMap((child) => dispatchesOf(child, owner))
  let inner = owner
  if (node.type === 'FunctionDeclaration') inner = node.id?.name
  else if (node.type === 'MethodDefinition' || node.type === 'PropertyDefinition') inner = node.key?.name
  else if (node.type === 'ArrowFunctionExpression') inner = undefined
  const found = []
  if (node.type === 'SwitchStatement' && inner === NAME && node.cases.length >= FEWEST_CASES) found.push(node)
  for (const key in node) if (key !== 'type') found.push(...dispatchesOf(node[key], inner))
  return found
}

function isInteger(node) {
  return node.type === 'Literal' && Number.isInteger(node.value)
}

/** The length V8 reports for the longest function of that name once a program has run it. */
function bytecodeLength() {
  const run = spawnSync(
    process.execPath,
    ['--print-bytecode', `--print-bytecode-filter=${NAME}`, program, '--eval', '-E', '1 + 1'],
    { encoding: 'latin1', maxBuffer: 1 << 29, env: { ...process.env, FIRNIX_NO_CODE_CACHE: '1' } },
  )
  const lengths = [...run.stdout.matchAll(/^Bytecode length: (\d+)/gm)].map((match) => Number(match[1]))
  return lengths.length > 0 ? Math.max(...lengths) : undefined
}
