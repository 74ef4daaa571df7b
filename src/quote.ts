/**
 * Strings and names as the language writes them (floor 0): a byte string comes in, its literal goes out. The printers of
 * values, of syntax trees and of store derivations share this.
 */

/** The escape of a byte that cannot stand in a string literal. */
function escapeByte(byte: string): string {
  switch (byte) {
    case '\n':
      return '\\n'
    case '\r':
      return '\\r'
    case '\t':
      return '\\t'
    default:
      return `\\${byte}`
  }
}

const ESCAPED = /["\\\n\r\t]|\$\{/
/** What JSON escapes and Nix does not. */
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f]/

/** A string in quotes, with Nix's escapes (Nix: printLiteralString). */
export function quoteString(s: string): string {
  if (!ESCAPED.test(s)) return `"${s}"`
  if (CONTROL.test(s)) return `"${s.replace(/["\\\n\r\t]|\$(?=\{)/g, escapeByte)}"`
  // The rest is JSON's, which JavaScript is many times as fast at.
  const text = JSON.stringify(s)
  return s.includes('${') ? text.replace(/\$(?=\{)/g, '\\$$') : text
}

const BARE = /^[a-zA-Z_][a-zA-Z0-9_'-]*$/
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

/** An attribute name, in quotes where the language needs them (Nix: printAttributeName). */
export function quoteName(name: string): string {
  return BARE.test(name) && !KEYWORDS.has(name) ? name : quoteString(name)
}
