/**
 * Unpacking Nix archives (floor 1): the bytes of a NAR in, in pieces of any size, calls on a target out, which makes
 * the files. A hostile archive cannot name anything outside the root. Nix: libutil/archive.cc, parse.
 */
import { NixError } from '../errors.ts'
import { latin1String } from '../latin1.ts'
import { MAX_NAR_DEPTH, NAR_MAGIC } from './nar.ts'

/** Gets the contents of an archive. Paths are relative: empty for the root, `a/b` below. */
export interface NarTarget {
  directory(path: string): void
  symlink(path: string, target: string): void
  /** A file begins; its bytes come by `data`, `endFile` follows. */
  file(path: string, executable: boolean, size: number): void
  /** The piece is only valid during the call. */
  data(chunk: Uint8Array): void
  endFile(): void
}

/** What the next string, or number, of the archive means. */
type State =
  | 'magic'
  | 'open'
  | 'type'
  | 'kind'
  | 'contents'
  | 'executable'
  | 'contentsAfterExecutable'
  | 'size'
  | 'data'
  | 'close'
  | 'targetTag'
  | 'target'
  | 'entry'
  | 'entryOpen'
  | 'nameTag'
  | 'name'
  | 'node'
  | 'entryClose'
  | 'done'

/** The longest keyword, name and link target that Nix takes. */
const MAX_TAG = 32
const MAX_NAME = 255
const MAX_TARGET = 4095

function bad(message: string): NixError {
  return new NixError('io', `bad archive: ${message}`)
}

/** Where a directory's entries are. */
interface OpenDirectory {
  readonly path: string
  lastName: string
}

/** Takes a NAR apart. Throws NixError `bad archive: …` from `feed` and `end`, and what the target throws. */
export class NarReader {
  readonly #target: NarTarget
  readonly #directories: OpenDirectory[] = []
  #state: State = 'magic'
  /** The path of the node under way. */
  #path = ''
  #executable = false
  /** Bytes of the number or string under way. */
  readonly #bytes = new Uint8Array(MAX_TARGET + 16)
  #have = 0
  #need = 8
  /** Length of the string under way; -1 while it is being read. */
  #length = -1
  /** Bytes and then padding still to come of the file under way. */
  #dataLeft = 0
  #paddingLeft = 0

  constructor(target: NarTarget) {
    this.#target = target
  }

  /** Whether the archive is complete. */
  get done(): boolean {
    return this.#state === 'done'
  }

  /** Takes some bytes; gives back how many of them belonged to the archive (all, unless it ended). */
  feed(chunk: Uint8Array): number {
    let at = 0
    while (at < chunk.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        at += this.#feedData(chunk, at)
        continue
      }
      const count = Math.min(this.#need - this.#have, chunk.length - at)
      this.#bytes.set(chunk.subarray(at, at + count), this.#have)
      this.#have += count
      at += count
      if (this.#have === this.#need) this.#complete()
    }
    return at
  }

  /** Says that there are no more bytes. */
  end(): void {
    if (this.#state !== 'done') throw bad('unexpected end of archive')
  }

  #feedData(chunk: Uint8Array, at: number): number {
    if (this.#dataLeft > 0) {
      const count = Math.min(this.#dataLeft, chunk.length - at)
      this.#target.data(chunk.subarray(at, at + count))
      this.#dataLeft -= count
      this.#endData()
      return count
    }
    if (chunk[at] !== 0) throw new NixError('io', 'non-zero padding')
    this.#paddingLeft--
    this.#endData()
    return 1
  }

  #endData(): void {
    if (this.#dataLeft > 0 || this.#paddingLeft > 0) return
    this.#target.endFile()
    this.#state = 'close'
  }

  /** A number or a string with its padding is all there. */
  #complete(): void {
    const bytes = this.#bytes
    if (this.#length < 0) {
      const view = new DataView(bytes.buffer)
      const number = view.getUint32(0, true) + view.getUint32(4, true) * 0x1_0000_0000
      this.#have = 0
      if (this.#state === 'size') {
        if (!Number.isSafeInteger(number)) throw bad('a file is too big')
        this.#startFile(number)
        return
      }
      if (number > this.#limit()) {
        if (this.#state === 'magic') throw bad("input doesn't look like a Nix archive")
        throw new NixError('io', 'string is too long')
      }
      this.#length = number
      this.#need = Math.ceil(number / 8) * 8
      if (number > 0) return
    }
    for (let i = this.#length; i < this.#need; i++)
      if (bytes[i] !== 0) throw new NixError('io', 'non-zero padding')
    const text = latin1String(bytes, 0, this.#length)
    this.#have = 0
    this.#need = 8
    this.#length = -1
    this.#take(text)
  }

  #limit(): number {
    switch (this.#state) {
      case 'name':
        return MAX_NAME
      case 'target':
        return MAX_TARGET
      case 'executable':
        return 0
      default:
        return MAX_TAG
    }
  }

  #startFile(size: number): void {
    this.#target.file(this.#path, this.#executable, size)
    this.#dataLeft = size
    this.#paddingLeft = (8 - (size % 8)) % 8
    this.#state = 'data'
    this.#endData()
  }

  #expect(text: string, tag: string, next: State): void {
    if (text !== tag) throw bad(`expected tag '${tag}', got '${text}'`)
    this.#state = next
  }

  #take(text: string): void {
    switch (this.#state) {
      case 'magic':
        if (text !== NAR_MAGIC) throw bad("input doesn't look like a Nix archive")
        this.#state = 'open'
        return
      case 'open':
        if (this.#directories.length >= MAX_NAR_DEPTH) {
          throw bad(`NAR directory nesting exceeds maximum depth of ${MAX_NAR_DEPTH}`)
        }
        this.#expect(text, '(', 'type')
        return
      case 'type':
        this.#expect(text, 'type', 'kind')
        return
      case 'kind':
        this.#takeKind(text)
        return
      case 'contents':
        if (text === 'executable') {
          this.#executable = true
          this.#state = 'executable'
          return
        }
        this.#expect(text, 'contents', 'size')
        return
      case 'executable':
        this.#state = 'contentsAfterExecutable'
        return
      case 'contentsAfterExecutable':
        this.#expect(text, 'contents', 'size')
        return
      case 'close':
        this.#expect(text, ')', 'done')
        this.#endNode()
        return
      case 'targetTag':
        this.#expect(text, 'target', 'target')
        return
      case 'target':
        if (text === '' || text.includes('\0')) throw bad('NAR contains invalid symlink target')
        this.#target.symlink(this.#path, text)
        this.#state = 'close'
        return
      case 'entry':
        if (text === ')') {
          this.#directories.pop()
          this.#endNode()
          return
        }
        if (text !== 'entry') throw bad(`expected tag 'entry' or ')', got '${text}'`)
        this.#state = 'entryOpen'
        return
      case 'entryOpen':
        this.#expect(text, '(', 'nameTag')
        return
      case 'nameTag':
        this.#expect(text, 'name', 'name')
        return
      case 'name':
        this.#takeName(text)
        return
      case 'node':
        this.#expect(text, 'node', 'open')
        return
      case 'entryClose':
        this.#expect(text, ')', 'entry')
        return
    }
  }

  #takeKind(text: string): void {
    switch (text) {
      case 'regular':
        this.#executable = false
        this.#state = 'contents'
        return
      case 'directory':
        this.#target.directory(this.#path)
        this.#directories.push({ path: this.#path, lastName: '' })
        this.#state = 'entry'
        return
      case 'symlink':
        this.#state = 'targetTag'
        return
      default:
        throw bad(`unknown file type '${text}'`)
    }
  }

  #takeName(name: string): void {
    if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
      throw bad(`NAR contains invalid file name '${name}'`)
    }
    const directory = this.#directories[this.#directories.length - 1]
    if (name <= directory.lastName) throw bad('NAR directory is not sorted')
    directory.lastName = name
    this.#path = directory.path === '' ? name : `${directory.path}/${name}`
    this.#state = 'node'
  }

  #endNode(): void {
    this.#state = this.#directories.length > 0 ? 'entryClose' : 'done'
  }
}
