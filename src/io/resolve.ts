/**
 * Following symlinks (floor 1): an absolute path in, the path without symlinks out, through whatever looks one entry
 * up. Shared by every synchronous EvalIO, so that all agree with Nix on dangling links and on loops.
 */
import { NixError } from '../errors.ts'

/** Nix gives up after this many links in one path. */
const MAX_LINKS = 1024

/**
 * Resolves every component of a path (`ancestorsOnly`: all but the last one). `linkTarget` gives the target of a
 * symlink, and undefined for everything else, what does not exist included. Throws NixError `io`:
 * `infinite symlink recursion in path '/p'`. Nix: source-accessor.cc, resolveSymlinks.
 */
export function resolveLinks(
  path: string,
  ancestorsOnly: boolean,
  linkTarget: (path: string) => string | undefined,
): string {
  // The components still to walk, the next one last.
  const todo = path.split('/').reverse()
  const done: string[] = []
  let links = MAX_LINKS
  while (todo.length > 0) {
    const part = todo.pop()!
    if (part === '' || part === '.') continue
    if (part === '..') {
      done.pop()
      continue
    }
    done.push(part)
    if (ancestorsOnly && todo.length === 0) break
    const target = linkTarget(`/${done.join('/')}`)
    if (target === undefined) continue
    if (links-- === 0) throw new NixError('io', `infinite symlink recursion in path '${path}'`)
    if (target.startsWith('/')) done.length = 0
    else done.pop()
    const parts = target.split('/')
    for (let i = parts.length - 1; i >= 0; i--) if (parts[i] !== '') todo.push(parts[i])
  }
  return `/${done.join('/')}`
}

/** More folders are not remembered. */
const MAX_REMEMBERED = 1 << 16

/** The real paths of folders that were met: an evaluation sees one state of the symlinks, as with Nix. */
export class RealFolders {
  readonly #linkTarget: (path: string) => string | undefined
  readonly #known = new Map<string, string>()

  /** `linkTarget`: see `resolveLinks`. */
  constructor(linkTarget: (path: string) => string | undefined) {
    this.#linkTarget = linkTarget
  }

  /** The real path of a folder, remembered together with all those above it; undefined for a loop of links. */
  of(folder: string): string | undefined {
    return this.#known.get(folder) ?? this.#find(folder)
  }

  clear(): void {
    this.#known.clear()
  }

  #find(folder: string): string | undefined {
    if (folder === '/') return '/'
    // Up to the nearest folder that is known, then down again: a path can be deep.
    const below: string[] = []
    let real = '/'
    for (let at = folder; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const hit = this.#known.get(at)
      if (hit !== undefined) {
        real = hit
        break
      }
      below.push(at)
    }
    if (this.#known.size > MAX_REMEMBERED) this.#known.clear()
    for (let i = below.length - 1; i >= 0; i--) {
      const at = below[i]
      const name = at.slice(at.lastIndexOf('/') + 1)
      if (name === '' || name === '.') {
        // Nothing to add.
      } else if (name === '..') real = real.slice(0, Math.max(real.lastIndexOf('/'), 0)) || '/'
      else {
        const joined = real === '/' ? `/${name}` : `${real}/${name}`
        if (this.#linkTarget(joined) === undefined) real = joined
        else {
          try {
            real = resolveLinks(joined, false, this.#linkTarget)
          } catch {
            return undefined
          }
        }
      }
      this.#known.set(at, real)
    }
    return real
  }
}
