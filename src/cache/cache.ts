/**
 * What the loader knows of a compile cache (floor 2): a source file's path goes in, its chunk comes out, or the text to
 * compile. No Node here, so the browser's loader shares the interface; disk.ts implements it for files.
 *
 * A chunk depends on the text, the bytecode version and the compile options, on nothing else: not on the name under
 * which the file was reached. That is bound when a chunk is loaded (LoadedChunk).
 */
import type { AnyChunk } from '../bytecode/verify.ts'

/** A chunk that was stored. */
export interface Hit {
  chunk: AnyChunk
  /** The file's path with all links followed; '' for an expression. */
  canonicalPath: string
  /** SHA-256 of the source text, hexadecimal (what an evaluation read, without reading it). */
  sourceHash: string
  /** The file's stamp (EvalIO.stamp); '' for an expression. */
  stamp: string
  /** What `reject` needs. */
  key: string
}

/** No chunk: what to compile, and what `store` needs to know of it. */
export interface Miss {
  chunk: undefined
  canonicalPath: string
  /** The text, or undefined when the file could not be read: the loader reads it itself, for the error. */
  text: string | undefined
  /** '' when what is compiled cannot be stored. */
  key: string
  sourceHash: string
  /** The file's stamp before its text was read, and its ctime in nanoseconds. */
  stamp: string
  ctime: bigint
}

/** What happened, for `--stats`. */
export interface CacheStats {
  /** Chunks whose file was proven unchanged by its stamp. */
  hits: number
  /** Chunks whose file was read and had the same hash. */
  hashedHits: number
  misses: number
  /** Entries that were there and could not be used: damaged, of another version, writable by others. */
  rejected: number
  stored: number
  bytesRead: number
  bytesWritten: number
  /** Milliseconds spent finding and decoding entries, reading and hashing sources included. */
  loadTime: number
  /** The part of it that went into reading and hashing sources. */
  readTime: number
  storeTime: number
}

/** Where compiled chunks are kept between runs. None of its methods throws: a cache that fails is a slower run. */
export interface ChunkCache {
  readonly stats: CacheStats
  /** The chunk of the source file at an absolute path (a byte string), or its text. */
  load(path: string): Hit | Miss
  /** The same for a text that is no file, which is known by its content. */
  loadText(text: string): Hit | Miss
  /** Keeps what was compiled from the text of a miss; a chunk that is growing yet, at the end. */
  store(source: Miss, chunk: AnyChunk): void
  /** Whether a text is the one that a chunk was made from. */
  isOf(hit: Hit, text: string): boolean
  /** Keeps a chunk that was stored before it had grown, at the end. */
  storeGrown(hit: Hit, chunk: AnyChunk): void
  /** Forgets an entry whose code turned out to be wrong when a unit was entered (verifyUnit). */
  reject(hit: Hit): void
  /** Forgets all entries that were used: code that no check finds fault with may have been wrong. */
  rejectAll(): void
  /** To be called once, when nothing more will be stored: bounds the size of the cache. */
  close(): void
}

export function newStats(): CacheStats {
  return {
    hits: 0,
    hashedHits: 0,
    misses: 0,
    rejected: 0,
    stored: 0,
    bytesRead: 0,
    bytesWritten: 0,
    loadTime: 0,
    readTime: 0,
    storeTime: 0,
  }
}
