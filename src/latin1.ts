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
  for (let i = from; i < to; i++) bytes[i - from] = text.charCodeAt(i)
  return bytes
}

/** Bytes as a byte string. */
export function latin1String(bytes: Uint8Array): string {
  if (native !== undefined) return native.latin1Slice.call(bytes, 0, bytes.length)
  if (bytes.length <= 4096) return String.fromCharCode.apply(null, bytes as unknown as number[])
  const parts: string[] = []
  for (let i = 0; i < bytes.length; i += 4096) {
    parts.push(String.fromCharCode.apply(null, bytes.subarray(i, i + 4096) as unknown as number[]))
  }
  return parts.join('')
}
