/**
 * What the compiler warns about (floor 3): the codes, their sentences, and the looks at a tree that need no scope. A code
 * never changes its meaning; messages are byte strings and may.
 */
import * as A from '../syntax/ast.ts'

/** Sentences by code. `name`: the binding, global or output that it is about. */
const SENTENCES = {
  'unused-binding': (name: string) => `the binding '${name}' is never used`,
  'useless-inherit': (name: string) => `'inherit ${name}' binds a name that means the same without it`,
  'shadowed-global': (name: string) => `'${name}' hides the global of that name`,
  'empty-let': () => `this 'let' binds nothing`,
  'dead-code': () => 'this is never evaluated',
  'useless-bool': () => 'this Boolean operation changes nothing',
  'shadowed-output': (name: string) => `the attribute '${name}' takes the place of the output of that name`,
} as const

export type WarningCode = keyof typeof SENTENCES

export function sentence(code: WarningCode, name: string): string {
  return `${SENTENCES[code](name)} (${code})`
}

/** The outputs that a derivation's literal arguments name and overwrite: for each, the attribute. */
export function shadowedOutputs(args: A.Node): A.Attr[] {
  if (args.kind !== A.ATTRS) return []
  const outputs = args.attrs.find((attr) => attr.name === 'outputs')?.value
  if (outputs?.kind !== A.LIST) return []
  const names = new Set(outputs.items.map((item) => (item.kind === A.STRING ? item.value : '')))
  return args.attrs.filter((attr) => names.has(attr.name))
}
