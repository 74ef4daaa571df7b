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
