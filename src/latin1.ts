/** Byte strings (JS strings with one char per byte) as bytes, and back (floor 0). */

interface NativeBuffer {
  latin1Write(this: Uint8Array, text: string, at: number, length: number): number
  latin1Slice(this: Uint8Array, from: number, to: number): string
}

/** Node's own, which its types do not know; undefined elsewhere, and where something else goes by the name of Buffer. */
const native = nativeBuffer()

function nativeBuffer(): NativeBuffer | undefined {
  const own = (globalThis as { Buffer?: { prototype: Partial<NativeBuffer> } }).Buffer?.prototype
  if (typeof own?.latin1Write !== 'function' || typeof own.latin1Slice !== 'function') return undefined
  return own as NativeBuffer
}

/** Shorter texts are put where they belong one by one: to ask Node takes as long as a dozen characters. */
const SHORT = 12

/** Puts the bytes of a byte string at a place of an array that has room for them. */
export function putLatin1(bytes: Uint8Array, text: string, at: number): void {
  const n = text.length
  if (n < SHORT || native === undefined) for (let i = 0; i < n; i++) bytes[at + i] = text.charCodeAt(i)
  else native.latin1Write.call(bytes, text, at, n)
}

/** The bytes of a byte string. */
export function latin1Bytes(text: string, from = 0, to: number = text.length): Uint8Array {
  const bytes = new Uint8Array(to - from)
  putLatin1(bytes, text.slice(from, to), 0)
  return bytes
}

/** What a function takes as its arguments, at most. */
const PIECE = 4096

/**
 * The longest string that Node puts into V8's heap. It keeps longer ones outside, and there each look at a character is a
 * call: a lexer or a reader of JSON takes half as long again.
 */
const INSIDE = 1_000_000

/** Bytes as a byte string. */
export function latin1String(bytes: Uint8Array, from = 0, to: number = bytes.length): string {
  if (native !== undefined) {
    if (to - from <= INSIDE) return native.latin1Slice.call(bytes, from, to)
    const pieces: string[] = []
    for (let i = from; i < to; i += INSIDE)
      pieces.push(native.latin1Slice.call(bytes, i, Math.min(i + INSIDE, to)))
    return pieces.join('')
  }
  let text = ''
  for (let i = from; i < to; i += PIECE) {
    const piece = bytes.subarray(i, Math.min(i + PIECE, to))
    text += String.fromCharCode.apply(null, piece as unknown as number[])
  }
  return text
}
