/**
 * Texts and positions (floor 0). A source text is a *byte string*: a JS string with one char per byte (latin1).
 *
 * A position anywhere in the program is one integer, a `PosIdx`: every source that is opened gets a range of its own in
 * one number line, so an attribute set can keep positions as plain small integers (Nix: pos-table.hh). Lines and
 * columns are worked out only when somebody asks.
 */

/** The name of the text that makes `derivation`. */
export const DERIVATION_NAME = '\xc2\xabnix-internal\xc2\xbb/derivation-internal.nix'

/** An index into a PosTable; 0 means "no position". */
export type PosIdx = number

export type Origin = 'file' | 'string' | 'stdin' | 'internal'

/** One text that positions point into. `name` is the absolute path for files, the text itself is loaded on demand. */
export class Source {
  readonly origin: Origin
  readonly name: string
  #text: string | undefined
  readonly #load: (() => string | undefined) | undefined
  #lines: Int32Array | undefined
  /** What a file is called in messages, where that is not its path. */
  shown: string | undefined

  /** `text`: the source text, or a function that reads it when an excerpt or a line number is asked for. */
  constructor(origin: Origin, name: string, text: string | (() => string | undefined), lines?: Int32Array) {
    this.origin = origin
    this.name = name
    this.shown = undefined
    if (typeof text === 'string') this.#text = text
    else this.#load = text
    this.#lines = lines
  }

  /** The text, or undefined when it can no longer be read. */
  get text(): string | undefined {
    this.read()
    return this.#text
  }

  /** The same for somebody who wants it once: it is not kept. */
  peek(): string | undefined {
    return this.#text ?? this.#load?.()
  }

  /** Reads the text now, if that has not been done. */
  read(): void {
    if (this.#text === undefined && this.#load !== undefined) this.#text = this.#load()
  }

  /**
   * What Nix prints for the place: the path, or `«string»`, `«stdin»` (as latin1 bytes). Texts of Firnix's own have what is
   * printed for their name: `<nix/NAME>`, `«nix-internal»/NAME`.
   */
  get display(): string {
    switch (this.origin) {
      case 'file':
        return this.shown ?? this.name
      case 'string':
        return '\xc2\xabstring\xc2\xbb'
      case 'stdin':
        return '\xc2\xabstdin\xc2\xbb'
      default:
        return this.name
    }
  }

  /** Byte offsets at which lines start; CR, LF and CRLF end a line (Nix: pos-idx / lexer-helpers). */
  get lineStarts(): Int32Array {
    if (this.#lines === undefined) this.#lines = lineStartsOf(this.text ?? '')
    return this.#lines
  }

  /** 1-based line and byte column of a byte offset. */
  lineColumn(offset: number): { line: number; column: number } {
    const starts = this.lineStarts
    let lo = 0
    let hi = starts.length - 1
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1
      if (starts[mid] <= offset) lo = mid
      else hi = mid - 1
    }
    return { line: lo + 1, column: offset - starts[lo] + 1 }
  }
}

/** Byte offsets at which the lines of a text start. */
export function lineStartsOf(text: string): Int32Array {
  const starts: number[] = [0]
  if (!text.includes('\r')) {
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1)
    return Int32Array.from(starts)
  }
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 10) starts.push(i + 1)
    else if (c === 13) {
      if (text.charCodeAt(i + 1) === 10) i++
      starts.push(i + 1)
    }
  }
  return Int32Array.from(starts)
}

/** A position with its lines worked out. */
export interface Position {
  source: Source
  offset: number
  line: number
  column: number
}

/** All the sources of one evaluator, laid end to end. */
export class PosTable {
  readonly #sources: Source[] = []
  readonly #bases: number[] = []
  #next = 1

  /** Registers a source of `length` bytes; positions in it are `base + offset`. */
  add(source: Source, length: number): number {
    const base = this.#next
    this.#sources.push(source)
    this.#bases.push(base)
    this.#next = base + length + 1
    return base
  }

  /** In the order in which they were opened. */
  get sources(): readonly Source[] {
    return this.#sources
  }

  resolve(pos: PosIdx): Position | undefined {
    if (pos <= 0) return undefined
    const bases = this.#bases
    let lo = 0
    let hi = bases.length - 1
    if (hi < 0) return undefined
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1
      if (bases[mid] <= pos) lo = mid
      else hi = mid - 1
    }
    const source = this.#sources[lo]
    const offset = pos - bases[lo]
    return { source, offset, ...source.lineColumn(offset) }
  }
}

/** Something worth telling about a piece of source; `code` is stable, `message` is a byte string. Offsets are bytes. */
export interface SourceWarning {
  code: string
  message: string
  start: number
  end: number
  /** Printed without being asked for (Nix prints it too), rather than only under `--warnings`. */
  always: boolean
}
