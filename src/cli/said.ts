/**
 * What a run has printed, for one that begins again (floor 7): a run that has to begin anew, in this process or in another,
 * prints only what comes after that. The pieces of a result are the same each time, so their number, length and a hash of
 * them tell whether a run is about to say the same.
 */

/** A beginning of what is printed: so many pieces, which have so many bytes in all, and their hash. */
export interface Beginning {
  readonly pieces: number
  readonly bytes: number
  readonly hash: number
}

const NOTHING: Beginning = { pieces: 0, bytes: 0, hash: 0x811c9dc5 | 0 }

/** So many chars of a long piece are looked at. */
const SAMPLE = 256

/** FNV-1a over the length of a piece and its chars, or some of them. */
function hashed(hash: number, piece: string): number {
  const n = piece.length
  hash = Math.imul(hash ^ n, 0x01000193)
  const step = Math.max(1, Math.floor(n / SAMPLE))
  for (let i = 0; i < n; i += step) hash = Math.imul(hash ^ piece.charCodeAt(i), 0x01000193)
  return hash
}

/** What one descriptor is given. */
export class Said {
  #now: Beginning = NOTHING
  /** What was printed before this run; null once it has said as much. */
  #before: Beginning | null = null
  readonly #keeps: boolean
  #held: string[] = []

  /** `keeps`: what is held back is kept, to be printed should it turn out to be something else than was printed before. */
  constructor(keeps: boolean) {
    this.#keeps = keeps
  }

  /** All that has been printed. */
  get delivered(): Beginning {
    return this.#before ?? this.#now
  }

  /** Whether this run has said less than was printed before it. */
  get isBehind(): boolean {
    return this.#before !== null
  }

  /** A run begins, before which so much was printed. */
  begin(before: Beginning): void {
    this.#now = NOTHING
    this.#before = before.pieces === 0 ? null : before
    this.#held = []
  }

  /**
   * Takes the next piece; answers what is to be printed now: nothing as long as it may have been printed before. `differs` gets
   * what was kept when it turns out to be something else, and answers what to print of it.
   */
  next(piece: string, differs: (held: string) => string): string {
    const { pieces, bytes, hash } = this.#now
    this.#now = { pieces: pieces + 1, bytes: bytes + piece.length, hash: hashed(hash, piece) }
    const before = this.#before
    if (before === null) return piece
    if (this.#keeps) this.#held.push(piece)
    if (this.#now.pieces < before.pieces) return ''
    const held = this.rest()
    return this.#now.bytes === before.bytes && this.#now.hash === before.hash ? '' : differs(held)
  }

  /** What has been kept; from here on everything is printed. */
  rest(): string {
    const held = this.#held.join('')
    this.#before = null
    this.#held = []
    return held
  }
}

/** Two beginnings as a word, for the environment of a process that goes on from there. */
export function wordOf(out: Beginning, err: Beginning): string {
  return [out, err].map(({ pieces, bytes, hash }) => `${pieces}:${bytes}:${hash}`).join(',')
}

/** The beginnings of such a word; nothing where it is none. */
export function fromWord(word: string | undefined): [out: Beginning, err: Beginning] {
  const read = (part: string | undefined): Beginning => {
    const numbers = /^(\d+):(\d+):(-?\d+)$/.exec(part ?? '')
    if (numbers === null) return NOTHING
    return { pieces: Number(numbers[1]), bytes: Number(numbers[2]), hash: Number(numbers[3]) }
  }
  const [out, err] = (word ?? '').split(',')
  return [read(out), read(err)]
}
