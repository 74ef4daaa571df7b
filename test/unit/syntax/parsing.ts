/** What the tests of syntax/ share: options, and results as short texts. */
import { NixError } from '../../../src/errors.ts'
import { Source } from '../../../src/source.ts'
import type { Node, ParseOptions, SourceWarning } from '../../../src/syntax/ast.ts'
import { parse } from '../../../src/syntax/parser.ts'
import { printAst } from '../../../src/syntax/print.ts'

export const OPTIONS: ParseOptions = {
  features: new Set(),
  lintUrlLiterals: 'ignore',
  lintShortPathLiterals: 'ignore',
  lintAbsolutePathLiterals: 'ignore',
  sourceName: '/f.nix',
}
export const PIPES: ParseOptions = { ...OPTIONS, features: new Set(['pipe-operators']) }

export function tree(text: string, options: ParseOptions = OPTIONS): Node {
  return parse(text, options, () => {})
}

/** The desugared program, with `/d` as the folder of the source and `/h` as the home. */
export function shown(text: string, options: ParseOptions = OPTIONS): string {
  return printAst(tree(text, options), '/d', '/h')
}

/** `LINE:COLUMN MESSAGE` of the error that parsing `text` throws. */
export function failure(text: string, options: ParseOptions = OPTIONS): string {
  try {
    parse(text, options, () => {})
  } catch (error) {
    if (!(error instanceof NixError)) throw error
    const { line, column } = new Source('string', '', text).lineColumn(error.pos)
    return `${line}:${column} ${error.message}`
  }
  return 'no error'
}

export function warnings(text: string, options: ParseOptions = OPTIONS): SourceWarning[] {
  const list: SourceWarning[] = []
  parse(text, options, (warning) => list.push(warning))
  return list
}
