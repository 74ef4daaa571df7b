/**
 * A directory shaped like a store (floor 1): finished objects appear in it by rename, so that nothing is ever there in
 * part. There is no database: `nix-store --load-db` or a copy by Nix makes a real store of it.
 */
import * as fs from 'node:fs'
import { NixError } from '../../errors.ts'
import { nodePath } from './bytes.ts'
import { NodeTreeWriter } from './tree-writer.ts'

function failure(doing: string, path: string, error: unknown): NixError {
  return new NixError('io', `${doing} '${path}': ${(error as Error).message}`)
}

/** An object being written. */
export interface Unfinished {
  /** Takes the contents; a target for a NarReader. */
  readonly writer: NodeTreeWriter
  /** Gives it its name; without effect if another process was first. Throws NixError `io`. */
  commit(): void
  /** Removes what was written. */
  abort(): void
}

/** Objects under `DIR/HASH-name`. */
export class DirStore {
  readonly #dir: string
  #count = 0

  /** `dir`: where the objects go; made, with what is above it, when something is written. */
  constructor(dir: string) {
    this.#dir = dir
  }

  has(baseName: string): boolean {
    try {
      return fs.lstatSync(nodePath(`${this.#dir}/${baseName}`), { throwIfNoEntry: false }) !== undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false
      throw failure('getting status of', `${this.#dir}/${baseName}`, error)
    }
  }

  /** Begins with an object. Throws NixError `io` when the directory cannot be made. */
  begin(baseName: string): Unfinished {
    const path = `${this.#dir}/${baseName}`
    try {
      fs.mkdirSync(nodePath(this.#dir), { recursive: true })
    } catch (error) {
      throw failure('creating directory', this.#dir, error)
    }
    const temporary = `${this.#dir}/.tmp-${process.pid}-${this.#count++}-${baseName.slice(0, 32)}`
    // What a process of this number left when it was killed.
    remove(temporary)
    const writer = new NodeTreeWriter(temporary)
    const abort = (): void => {
      writer.abort()
      remove(temporary)
    }
    return {
      writer,
      abort,
      commit: () => {
        try {
          canonicalise(temporary)
          if (this.has(baseName)) abort()
          else fs.renameSync(nodePath(temporary), nodePath(path))
        } catch (error) {
          abort()
          // Both were writing the same.
          if (this.has(baseName)) return
          throw error instanceof NixError ? error : failure('writing', path, error)
        }
      },
    }
  }
}

/** Every directory and file below a path, what is inside of a directory after it. */
function treeOf(root: string): { path: string; stat: fs.Stats }[] {
  const found = [{ path: root, stat: fs.lstatSync(nodePath(root)) }]
  for (let i = 0; i < found.length; i++) {
    const { path, stat } = found[i]
    if (!stat.isDirectory()) continue
    for (const name of fs.readdirSync(nodePath(path), { encoding: 'latin1' })) {
      const inner = `${path}/${name}`
      found.push({ path: inner, stat: fs.lstatSync(nodePath(inner)) })
    }
  }
  return found
}

/** Times and modes as everything in a store has them. Nix: posix-fs-canonicalise.cc. */
function canonicalise(root: string): void {
  for (const { path, stat } of treeOf(root).reverse()) {
    if (!stat.isSymbolicLink()) {
      const executable = stat.isDirectory() || (stat.mode & 0o100) !== 0
      fs.chmodSync(nodePath(path), executable ? 0o555 : 0o444)
    }
    fs.lutimesSync(nodePath(path), 1, 1)
  }
}

function remove(path: string): void {
  if (fs.lstatSync(nodePath(path), { throwIfNoEntry: false }) === undefined) return
  for (const { path: inner, stat } of treeOf(path)) {
    if (stat.isDirectory()) fs.chmodSync(nodePath(inner), 0o755)
  }
  fs.rmSync(nodePath(path), { recursive: true, force: true })
}
