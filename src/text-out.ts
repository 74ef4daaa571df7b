/** Texts that are put together piece by piece (floor 0). */

/**
 * The same text, which V8 has put together: to read a character, it has to. Until then a string that was made by
 * appending is a chain of all its parts, which the collector of garbage copies about. (A byte string has no char beyond
 * 255; V8 does not know that, and so does not leave out the reading.)
 */
function whole(text: string): string {
  return text.charCodeAt(0) > 255 ? '' : text
}

/** Takes pieces of output as they come. */
export type Write = (piece: string) => void

/** Of a chain no longer than this hardly a part is met by the collector. */
const CHAIN = 1 << 12
/** Big enough to make few calls. */
const BUFFER = 1 << 16

/**
 * Text under construction, kept in pieces if it is long: a result may be longer than a JS string can be. With a `write` it
 * is handed on as it grows.
 */
export class TextOut {
  readonly #write: Write | undefined
  #pieces: string[] | null = null
  /** How long they are together. */
  #length = 0
  /** What comes after them. */
  #rest = ''

  constructor(write?: Write) {
    this.#write = write
  }

  add(piece: string): void {
    this.#rest += piece
    if (this.#rest.length >= CHAIN) this.#gather()
  }

  #gather(): void {
    this.#pieces ??= []
    this.#pieces.push(whole(this.#rest))
    this.#length += this.#rest.length
    this.#rest = ''
    if (this.#length >= BUFFER && this.#write !== undefined) this.flush()
  }

  /** Hands on what has gathered, if there is somebody to take it. */
  flush(): void {
    if (this.#write !== undefined) this.drain(this.#write)
  }

  /** Everything, as one string; '' when it was handed on. @throws RangeError when longer than a JS string can be */
  get text(): string {
    this.flush()
    return this.#pieces === null ? this.#rest : this.#pieces.join('') + this.#rest
  }

  /** Hands what has gathered to another place. */
  drain(write: Write): void {
    const pieces = this.#pieces ?? []
    const rest = this.#rest
    this.#pieces = null
    this.#length = 0
    this.#rest = ''
    let text = ''
    for (const piece of pieces) {
      text += piece
      if (text.length < BUFFER) continue
      write(text)
      text = ''
    }
    text += rest
    if (text !== '') write(text)
  }
}
