/**
 * What fetchers get from the command line (floor 7): settings in, the world of fetching out. Things are kept beside the
 * compile cache, in its folder `fetch`.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { directoryOf } from '../cache/place.ts'
import { isTerminal } from '../cache/result-file.ts'
import { bytesOfNodeString, nodeStringOfBytes } from '../io/node/bytes.ts'
import { NodeFetchWorld } from '../io/node/fetch-node.ts'
import type { Program } from './program.ts'
import type { Settings } from './settings.ts'
import { writeError } from './stdio.ts'

/** The world of fetching for a run. `dir`: `--cache-dir`, as Node knows it. */
export function fetchWorld(program: Program, settings: Settings, dir: string | undefined): NodeFetchWorld {
  const place = directoryOf(dir)?.dir
  const { env } = program
  return new NodeFetchWorld({
    directory: join(place ?? join(tmpdir(), `firnix-${process.getuid?.() ?? 0}`), 'fetch'),
    attempts: Math.max(1, settings.int('download-attempts')),
    connectTimeout: settings.int('connect-timeout') * 1000 || 300_000,
    stallTimeout: settings.int('stalled-download-timeout') * 1000 || 300_000,
    netrcFile: nodeStringOfBytes(settings.text('netrc-file')),
    userAgent: `Firnix${settings.text('user-agent-suffix') === '' ? '' : ` ${settings.text('user-agent-suffix')}`}`,
    warn: (text) => program.warn(text),
    ...(isTerminal(2) && env.TERM !== undefined && env.TERM !== 'dumb' ? { progress: progressLine() } : {}),
    settings: {
      tarballTtl: settings.int('tarball-ttl'),
      accessTokens: accessTokens(settings.list('access-tokens')),
      flakeRegistry: settings.text('flake-registry'),
      useRegistries: settings.bool('use-registries'),
      allowDirty: settings.bool('allow-dirty'),
      warnDirty: settings.bool('warn-dirty'),
      registries: registryFiles(env),
    },
  })
}

function accessTokens(words: readonly string[]): Map<string, string> {
  const out = new Map<string, string>()
  for (const word of words) {
    const equals = word.indexOf('=')
    if (equals > 0) out.set(word.slice(0, equals), word.slice(equals + 1))
  }
  return out
}

/** The registries of the user and of the machine. Nix: registry.cc. */
function registryFiles(env: Readonly<Record<string, string | undefined>>): string[] {
  const config = env.NIX_CONFIG_HOME ?? `${env.XDG_CONFIG_HOME ?? `${env.HOME ?? ''}/.config`}/nix`
  return [`${config}/registry.json`, `${env.NIX_CONF_DIR ?? '/etc/nix'}/registry.json`].filter((path) =>
    path.startsWith('/'),
  )
}

/** One line of a terminal that is written over and over, at most ten times a second. */
function progressLine(): (line: string | null) => void {
  let shown = false
  let last = 0
  return (line) => {
    if (line === null) {
      if (shown) writeError('\r\x1b[K')
      shown = false
      return
    }
    const now = Date.now()
    if (shown && now - last < 100) return
    last = now
    shown = true
    const columns = process.stderr.columns ?? 80
    const bytes = bytesOfNodeString(line)
    writeError(`\r\x1b[K${bytes.length >= columns ? `${bytes.slice(0, columns - 2)}` : bytes}`)
  }
}
