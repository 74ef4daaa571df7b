/**
 * Versions and package names (floor 4, pure): `compareVersions`, `splitVersion`, `parseDrvName` on byte strings.
 * Behaviour comes from Nix: names.cc.
 */

const DASH = 45
const DOT = 46

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57
}

/** Where the component starting at `start` (no separator) ends: a run of digits, or of neither digits nor separators. */
function componentEnd(s: string, start: number): number {
  const digits = isDigit(s.charCodeAt(start))
  let end = start + 1
  while (end < s.length) {
    const byte = s.charCodeAt(end)
    if (isDigit(byte) !== digits || byte === DOT || byte === DASH) break
    end++
  }
  return end
}

function skipSeparators(s: string, start: number): number {
  let at = start
  while (at < s.length) {
    const byte = s.charCodeAt(at)
    if (byte !== DOT && byte !== DASH) break
    at++
  }
  return at
}

/** The value of a component that is a 32-bit number, else -1: Nix compares longer runs of digits as text. */
function componentNumber(component: string): number {
  if (component === '' || !isDigit(component.charCodeAt(0))) return -1
  const value = Number(component)
  return value <= 2147483647 ? value : -1
}

function componentLess(a: string, b: string): boolean {
  const numberA = componentNumber(a)
  const numberB = componentNumber(b)
  if (numberA >= 0 && numberB >= 0) return numberA < numberB
  if (a === '' && numberB >= 0) return true
  if (a === 'pre' && b !== 'pre') return true
  if (b === 'pre') return false
  // 2.3a comes before 2.3.1.
  if (numberB >= 0) return true
  if (numberA >= 0) return false
  return a < b
}

/** `builtins.compareVersions`: -1, 0 or 1. */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0
  let p = 0
  let q = 0
  while (p < a.length || q < b.length) {
    p = skipSeparators(a, p)
    q = skipSeparators(b, q)
    const endP = p < a.length ? componentEnd(a, p) : p
    const endQ = q < b.length ? componentEnd(b, q) : q
    const componentA = a.slice(p, endP)
    const componentB = b.slice(q, endQ)
    p = endP
    q = endQ
    if (componentA === componentB) continue
    if (componentLess(componentA, componentB)) return -1
    if (componentLess(componentB, componentA)) return 1
  }
  return 0
}

/** `builtins.splitVersion`: the components without the dots and dashes between them. */
export function splitVersion(version: string): string[] {
  const components: string[] = []
  for (let at = skipSeparators(version, 0); at < version.length; ) {
    const end = componentEnd(version, at)
    components.push(version.slice(at, end))
    at = skipSeparators(version, end)
  }
  return components
}

/** `builtins.parseDrvName`: the version begins after the first dash that a byte other than an ASCII letter follows. */
export function parseDrvName(fullName: string): { name: string; version: string } {
  for (let dash = fullName.indexOf('-'); dash !== -1; dash = fullName.indexOf('-', dash + 1)) {
    if (dash + 1 === fullName.length) break
    const letter = fullName.charCodeAt(dash + 1) | 32
    if (letter < 97 || letter > 122) {
      return { name: fullName.slice(0, dash), version: fullName.slice(dash + 1) }
    }
  }
  return { name: fullName, version: '' }
}
