/**
 * Reading .drv files (floor 1): ATerm text in, a Derivation out. Nix: derivation/aterm.cc, parse.
 */
import { NixError } from '../errors.ts'
import {
  type Derivation,
  type DerivationOutput,
  type InputDrv,
  parseMethodAlgo,
  sortedMap,
} from './derivation.ts'
import { parsePlainHash } from './hash.ts'
import { SortedMap } from './sorted-map.ts'

function bad(message: string): NixError {
  return new NixError('eval', message)
}

/** A dynamic input under way: its outputs, and the children read so far. */
interface OpenInput {
  readonly outputs: readonly string[]
  readonly dynamic: Map<string, InputDrv>
  /** The name under which the next finished child belongs here. */
  key: string
}

class AtermParser {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  expect(token: string): void {
    if (!this.text.startsWith(token, this.at)) throw bad(`expected string '${token}'`)
    this.at += token.length
  }

  string(): string {
    this.expect('"')
    const { text } = this
    const start = this.at
    let end = text.indexOf('"', start)
    const backslash = text.indexOf('\\', start)
    if (end >= 0 && (backslash < 0 || backslash > end)) {
      this.at = end + 1
      return text.slice(start, end)
    }
    let value = ''
    let from = start
    for (end = start; ; end++) {
      if (end >= text.length) throw bad('unterminated string in derivation')
      const code = text.charCodeAt(end)
      if (code === 34) break
      if (code !== 92) continue
      const next = text[end + 1]
      if (next === undefined) throw bad('unterminated string in derivation')
      value +=
        text.slice(from, end) + (next === 'n' ? '\n' : next === 'r' ? '\r' : next === 't' ? '\t' : next)
      end++
      from = end + 1
    }
    this.at = end + 1
    return value + text.slice(from, end)
  }

  /** Steps over `,` or `]`; true for the latter. Anything else is left to whoever comes next, as in Nix. */
  endOfList(): boolean {
    const code = this.text.charCodeAt(this.at)
    if (code === 44) {
      this.at++
      return false
    }
    if (code === 93) {
      this.at++
      return true
    }
    return false
  }

  strings(): string[] {
    const list: string[] = []
    this.expect('[')
    while (!this.endOfList()) list.push(this.string())
    return list
  }

  path(): string {
    const path = this.string()
    if (!path.startsWith('/')) throw bad(`bad path '${path}' in derivation`)
    return path
  }

  output(): DerivationOutput {
    this.expect(',')
    const path = this.string()
    this.expect(',')
    const hashAlgo = this.string()
    this.expect(',')
    const hash = this.string()
    this.expect(')')
    if (hashAlgo !== '') {
      const { algo } = parseMethodAlgo(hashAlgo)
      if (hash === 'impure' && path !== '')
        throw bad('impure derivation output should not specify output path')
      if (hash === '' && path !== '') {
        throw bad('content-addressing derivation output should not specify output path')
      }
      if (hash !== '' && hash !== 'impure') parsePlainHash(hash, algo)
    }
    if (path !== '' && !path.startsWith('/')) throw bad(`bad path '${path}' in derivation`)
    return { path, hashAlgo, hash }
  }

  /** The names after an input's path; `dynamic`: they may nest, to any depth. */
  input(dynamic: boolean): InputDrv {
    const open: OpenInput[] = []
    for (;;) {
      // One node begins here.
      let done: InputDrv
      if (!dynamic || this.text[this.at] === '[') done = sortedNames(this.strings())
      else {
        if (this.text[this.at] !== '(') throw bad('invalid inputDrvs entry in derivation')
        this.at++
        const outputs = sortedNames(this.strings())
        this.expect(',[')
        const node: OpenInput = { outputs, dynamic: new Map(), key: '' }
        if (!this.endOfList()) {
          this.expect('(')
          node.key = this.string()
          this.expect(',')
          open.push(node)
          continue
        }
        this.expect(')')
        done = outputs
      }
      // It ends here, and with it perhaps those round it.
      for (;;) {
        const parent = open[open.length - 1]
        if (parent === undefined) return done
        parent.dynamic.set(parent.key, done)
        this.expect(')')
        if (this.endOfList()) {
          this.expect(')')
          done = { outputs: parent.outputs, dynamic: sortedMap(parent.dynamic) }
          open.pop()
          continue
        }
        this.expect('(')
        parent.key = this.string()
        this.expect(',')
        break
      }
    }
  }
}

function sortedNames(names: string[]): string[] {
  return names.length > 1 ? [...new Set(names)].sort() : names
}

/**
 * Reads a .drv file; `name` is the derivation's, which the file does not say (its path without hash and `.drv`).
 * Throws NixError: `expected string '…'`, `unterminated string in derivation`,
 * `derivation does not start with 'Derive' or 'DrvWithVersion'`, `Unknown derivation ATerm format version '…'`, and
 * for bad hashes and outputs.
 */
export function parseAterm(text: string, name: string): Derivation {
  const parser = new AtermParser(text)
  parser.expect('D')
  let dynamic = false
  if (text[1] === 'e') parser.expect('erive(')
  else if (text[1] === 'r') {
    parser.expect('rvWithVersion(')
    const version = parser.string()
    if (version !== 'xp-dyn-drv') throw bad(`Unknown derivation ATerm format version '${version}'`)
    dynamic = true
    parser.expect(',')
  } else throw bad("derivation does not start with 'Derive' or 'DrvWithVersion'")

  const outputs = new SortedMap<DerivationOutput>()
  parser.expect('[')
  while (!parser.endOfList()) {
    parser.expect('(')
    const output = parser.string()
    outputs.set(output, parser.output())
  }
  const inputDrvs = new SortedMap<InputDrv>()
  parser.expect(',[')
  while (!parser.endOfList()) {
    parser.expect('(')
    const path = parser.path()
    parser.expect(',')
    inputDrvs.set(path, parser.input(dynamic))
    parser.expect(')')
  }
  parser.expect(',[')
  const srcs = new Set<string>()
  while (!parser.endOfList()) srcs.add(parser.path())
  parser.expect(',')
  const system = parser.string()
  parser.expect(',')
  const builder = parser.string()
  parser.expect(',')
  const args = parser.strings()
  const env = new SortedMap<string>()
  parser.expect(',[')
  while (!parser.endOfList()) {
    parser.expect('(')
    const key = parser.string()
    parser.expect(',')
    env.set(key, parser.string())
    parser.expect(')')
  }
  parser.expect(')')
  return {
    name,
    outputs,
    inputDrvs,
    inputSrcs: [...srcs].sort(),
    system,
    builder,
    args,
    env,
  }
}
