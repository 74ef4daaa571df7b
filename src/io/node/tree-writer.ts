/**
 * Writing trees to the disk (floor 1): the contents of an archive in (it is a target for a NarReader), files out.
 * Nothing that exists is written over or followed.
 */
import * as fs from 'node:fs'
import { NixError } from '../../errors.ts'
import { nodePath } from './bytes.ts'
import { writeAll } from './descriptors.ts'

/** Makes files, directories and symlinks below a path that must not exist. Throws NixError `io`. */
export class NodeTreeWriter {
  readonly #root: string
  #fd = -1

  constructor(root: string) {
    this.#root = root
  }

  directory(path: string): void {
    this.#try(path, (full) => fs.mkdirSync(full, 0o755))
  }

  symlink(path: string, target: string): void {
    this.#try(path, (full) => fs.symlinkSync(nodePath(target), full))
  }

  file(path: string, executable: boolean): void {
    // `wx` neither overwrites nor follows a link that is already there.
    this.#try(path, (full) => {
      this.#fd = fs.openSync(full, 'wx', executable ? 0o755 : 0o644)
    })
  }

  data(chunk: Uint8Array): void {
    writeAll(this.#fd, chunk)
  }

  endFile(): void {
    fs.closeSync(this.#fd)
    this.#fd = -1
  }

  /** Closes a file that an error left open. */
  abort(): void {
    if (this.#fd >= 0) this.endFile()
  }

  #try(path: string, make: (full: string | Buffer) => void): void {
    const full = path === '' ? this.#root : `${this.#root}/${path}`
    try {
      make(nodePath(full))
    } catch (error) {
      throw new NixError('io', `creating '${full}': ${(error as Error).message}`)
    }
  }
}
