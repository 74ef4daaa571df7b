/**
 * Registries (floor 2): what names like `nixpkgs` stand for. Nix: libfetchers/registry.cc.
 */
import { NixError } from '../errors.ts'
import {
  type Input,
  type InputOptions,
  type InputValue,
  inputFromAttrs,
  maybeText,
  printInput,
  sameInput,
  text,
  withAttrs,
} from './input.ts'

/** One line of a registry. */
export interface RegistryEntry {
  readonly from: Input
  readonly to: Input
  readonly dir: string | undefined
  readonly exact: boolean
}

/** A JSON object of strings, numbers and Booleans as attributes. Throws NixError for other values. */
export function attrsOfJson(json: unknown): Input {
  const out = new Map<string, InputValue>()
  for (const [name, value] of Object.entries((json ?? {}) as Record<string, unknown>)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw new NixError('eval', 'unsupported input attribute type in lock file')
    }
    out.set(name, typeof value === 'string' ? bytes(value) : value)
  }
  return out
}

/** A JS string as the byte string that it stands for. */
function bytes(value: string): string {
  return /[^\x00-\x7f]/.test(value) ? unescape(encodeURIComponent(value)) : value
}

/** The entries of a registry file; what is wrong with it is a warning. */
export function readRegistry(contents: string, path: string, options: InputOptions): RegistryEntry[] {
  try {
    const json = JSON.parse(contents) as { version?: number; flakes?: unknown[] }
    if (json.version !== 2)
      throw new NixError('eval', `flake registry '${path}' has unsupported version ${json.version ?? 0}`)
    return (json.flakes ?? []).map((row) => {
      const entry = row as { from: unknown; to: unknown; exact?: unknown }
      const to = attrsOfJson(entry.to)
      return {
        from: inputFromAttrs(attrsOfJson(entry.from), options),
        to: inputFromAttrs(withAttrs(to, { dir: undefined }), options),
        dir: maybeText(to, 'dir'),
        exact: entry.exact === true,
      }
    })
  } catch (e) {
    const why = e instanceof NixError ? 'read' : 'parse'
    options.warn(`cannot ${why} flake registry '${path}': ${(e as Error).message}`)
    return []
  }
}

/** Whether an entry for `from` speaks of an input, whatever its branch and commit. */
function covers(from: Input, input: Input): boolean {
  return sameInput(from, input) || sameInput(from, withAttrs(input, { ref: undefined, rev: undefined }))
}

/** A target with the branch and commit that were asked for. Nix: InputScheme::applyOverrides. */
function override(to: Input, ref: string | undefined, rev: string | undefined): Input {
  if (ref === undefined && rev === undefined) return to
  const type = text(to, 'type')
  switch (type) {
    case 'github':
    case 'gitlab':
    case 'sourcehut':
      if (ref !== undefined && rev !== undefined) {
        throw new NixError(
          'eval',
          `cannot apply both a commit hash (${rev}) and a branch/tag name ('${ref}') to input '${printInput(to)}'`,
        )
      }
      return rev !== undefined
        ? withAttrs(to, { rev, ref: undefined })
        : withAttrs(to, { ref, rev: undefined })
    case 'git':
    case 'hg':
    case 'indirect': {
      const changed = withAttrs(to, {
        ...(rev === undefined ? {} : { rev }),
        ...(ref === undefined ? {} : { ref }),
      })
      if (type === 'git' && changed.has('rev') && !changed.has('ref')) {
        throw new NixError(
          'eval',
          `Git input '${printInput(changed)}' has a commit hash but no branch/tag name`,
        )
      }
      return changed
    }
    default:
      if (ref !== undefined) {
        throw new NixError(
          'eval',
          `don't know how to set branch/tag name of input '${printInput(to)}' to '${ref}'`,
        )
      }
      throw new NixError('eval', `don't know how to set revision of input '${printInput(to)}' to '${rev}'`)
  }
}

/**
 * What an input stands for. Throws NixError `cannot find flake '…' in the flake registries` and
 * `cycle detected in flake registry for '…'`.
 */
export function lookUp(
  input: Input,
  entries: readonly RegistryEntry[],
): { input: Input; dir: string | undefined } {
  let at = input
  let dir: string | undefined
  for (let n = 0; n < 100; n++) {
    const entry = entries.find((e) => (e.exact ? sameInput(e.from, at) : covers(e.from, at)))
    if (entry === undefined) {
      if (at.get('type') !== 'indirect') return { input: at, dir }
      throw new NixError('eval', `cannot find flake '${printInput(at)}' in the flake registries`)
    }
    dir = entry.dir
    if (entry.exact) at = entry.to
    else {
      const ref = entry.from.has('ref') ? undefined : maybeText(at, 'ref')
      const rev = entry.from.has('rev') ? undefined : maybeText(at, 'rev')
      at = override(entry.to, ref, rev)
    }
  }
  throw new NixError('eval', `cycle detected in flake registry for '${printInput(at)}'`)
}
