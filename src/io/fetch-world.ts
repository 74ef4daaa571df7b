/**
 * What fetchers ask of the world (floor 1): downloads, archives, git, and a place on disk to keep things. Node implements
 * it (`io/node/fetch-node.ts`); what is asked, and what the answers mean, is decided in `fetch/`.
 *
 * Texts and paths are byte strings. Local work answers at once, the network with a promise.
 */
import type { MaybeAsync } from './io.ts'

/** A file to be downloaded. */
export interface Download {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** What the server called the version that is at hand: it may answer that this is still the one. */
  readonly etag?: string
}

/** What came of a download. */
export interface Downloaded {
  /** The file, undefined when the version at hand is still the one. */
  readonly file: string | undefined
  /** Whether the file is a local one that belongs to somebody else: neither to be moved nor removed. */
  readonly local: boolean
  /** All URLs on the way, the last one gave the file. */
  readonly urls: readonly string[]
  /** Empty if the server has none. */
  readonly etag: string
  /** A URL that will always give this file, if the server names one (`Link: …; rel="immutable"`). */
  readonly immutableUrl?: string
}

/** An archive, unpacked into a directory of its own; a single directory at the top is left out. */
export interface Unpacked {
  readonly root: string
  /** The directory to be discarded or kept as a whole; `root` is in it or is it. */
  readonly temporary: string
  /** The newest time in the archive, in seconds. */
  readonly lastModified: number
}

/** What a program said. */
export interface Ran {
  /** Its exit code; 127 if it is not installed. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Settings of Nix that fetchers obey. */
export interface FetchSettings {
  /** Seconds for which a download counts as fresh. */
  readonly tarballTtl: number
  /** Host, or host and path, to token. */
  readonly accessTokens: ReadonlyMap<string, string>
  /** URL or path of the global registry; empty: none. */
  readonly flakeRegistry: string
  readonly useRegistries: boolean
  readonly allowDirty: boolean
  readonly warnDirty: boolean
  /** Registry files of the user and the machine. */
  readonly registries: readonly string[]
}

/** Builds a tree below a directory. A NodeTreeWriter is one. */
export interface TreeBuilder {
  directory(path: string): void
  symlink(path: string, target: string): void
  file(path: string, executable: boolean, size: number): void
  data(chunk: Uint8Array): void
  endFile(): void
  abort(): void
}

/** Facts remembered between runs. */
export type FetchRecord = Readonly<Record<string, string | number>>

/** The world of fetchers. */
export interface FetchWorld {
  readonly settings: FetchSettings
  /** Seconds since 1970. */
  now(): number
  /** Fetches a file. Throws or rejects with NixError `unable to download 'URL': …` once it has tried often enough. */
  download(request: Download): MaybeAsync<Downloaded>
  /** Unpacks an archive, `isZip` by its name. Throws or rejects with NixError `Failed to open archive (…)` and its like. */
  unpack(file: string, isZip: boolean): MaybeAsync<Unpacked>
  /** Runs git; `network`: it may take long, the answer is a promise. */
  git(
    args: readonly string[],
    options?: { input?: string; network?: boolean; env?: Readonly<Record<string, string>> },
  ): MaybeAsync<Ran>
  /** A new directory for something in the making. */
  temporary(): string
  /** Makes a tree below a temporary directory. */
  builder(directory: string): TreeBuilder
  /** Puts a finished tree or file where it lasts; another one of the same name counts as the same. */
  keep(temporary: string, kind: 'trees' | 'files', name: string): string
  /** The place of what has been kept. */
  kept(kind: 'trees' | 'files', name: string): string | undefined
  /** Removes something temporary. */
  discard(temporary: string): void
  /** A directory that lasts, for a bare git repository; made if it is not there, the one above it at least. */
  repository(name: string): string
  /** What is known of a key. */
  recall(key: string): FetchRecord | undefined
  remember(key: string, record: FetchRecord): void
  /** The newest time of anything in a local tree, in seconds. */
  newest(path: string): number
}
