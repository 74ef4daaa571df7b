/** Texts that are put together as bytes: to be hashed, or from very many pieces (floor 1). */
import { putLatin1 } from '../latin1.ts'

/** What has to be escaped in a string of an ATerm. */
const NEEDS_ESCAPE = /["\\\n\r\t]/

const BACKSLASH = 92
/** What follows the backslash by what is escaped; 0: it is not. */
const ESCAPES = /* @__PURE__ */ new Uint8Array(256)
for (const [byte, letter] of ['""', '\\\\', '\nn', '\rr', '\tt'])
  ESCAPES[byte.charCodeAt(0)] = letter.charCodeAt(0)

const SHORT = 12
const ROOM = 1 << 14
/** Larger rooms are given back. */
const KEPT = 1 << 20

/**
 * Bytes in room that is used again: as strings, the pieces of all derivations' texts would be a third of what is allocated
 * in evaluating a package tree.
 */
export class ByteText {
  #bytes: Uint8Array = new Uint8Array(ROOM)
  /** Of what has been put so far; may be set back. */
  length = 0

  clear(): void {
    this.length = 0
    if (this.#bytes.length > KEPT) this.#bytes = new Uint8Array(ROOM)
  }

  /** From a place to the end; until the next change. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.length)
  }

  /** Puts a byte string. */
  put(text: string): void {
    const n = text.length
    this.#need(n)
    putLatin1(this.#bytes, text, this.length)
    this.length += n
  }

  /** Puts once more what has been put before. */
  repeat(start: number, end: number): void {
    this.#need(end - start)
    this.#bytes.copyWithin(this.length, start, end)
    this.length += end - start
  }

  /** Puts a byte string as it stands between the quotes of an ATerm. */
  putEscaped(text: string): void {
    const n = text.length
    if (n >= SHORT) {
      this.put(text)
      if (NEEDS_ESCAPE.test(text)) this.#escape(this.length - n)
      return
    }
    this.#need(2 * n)
    const bytes = this.#bytes
    let at = this.length
    for (let i = 0; i < n; i++) {
      const byte = text.charCodeAt(i)
      const letter = ESCAPES[byte]
      if (letter !== 0) bytes[at++] = BACKSLASH
      bytes[at++] = letter !== 0 ? letter : byte
    }
    this.length = at
  }

  /** Escapes what stands from a place to the end, which is put where it may get twice as long. */
  #escape(start: number): void {
    const { length } = this
    const n = length - start
    this.#need(2 * n)
    const bytes = this.#bytes
    let from = length + n
    bytes.copyWithin(from, start, length)
    let to = start
    for (const end = from + n; from < end; ) {
      const byte = bytes[from++]
      const letter = ESCAPES[byte]
      if (letter !== 0) {
        bytes[to++] = BACKSLASH
        bytes[to++] = letter
      } else bytes[to++] = byte
    }
    this.length = to
  }

  #need(more: number): void {
    const old = this.#bytes
    if (this.length + more <= old.length) return
    this.#bytes = new Uint8Array(Math.max(old.length * 2, this.length + more))
    this.#bytes.set(old.subarray(0, this.length))
  }
}
