/**
 * Trees as text (floor 2).
 */

const KEYWORDS: ReadonlySet<string> = new Set([
  'if',
  'then',
  'else',
  'assert',
  'with',
  'let',
  'in',
  'rec',
  'inherit',
])

/** A name as Nix prints it: bare when it can be, else quoted (Nix: print.cc, printIdentifier). */
export function printIdentifier(name: string): string {
  if (KEYWORDS.has(name)) return `"${name}"`
  return /^[a-zA-Z_][a-zA-Z0-9_'-]*$/.test(name) ? name : printString(name)
}

/** A string literal (Nix: print.cc, printLiteralString): `" \ \n \r \t ${` are escaped. */
export function printString(value: string): string {
  return `"${value.replace(/["\\\n\r\t]|\$(?=\{)/g, escapeChar)}"`
}

function escapeChar(char: string): string {
  return char === '\n' ? '\\n' : char === '\r' ? '\\r' : char === '\t' ? '\\t' : `\\${char}`
}
