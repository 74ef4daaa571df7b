/**
 * The flags that every command knows (floor 7): Nix's common ones, those of every setting, and Firnix's own. Handlers
 * write into the settings and into `CommonOptions`. Nix: common-args.cc, shared.cc (LegacyArgs), common-eval-args.cc.
 */
import { NixError } from '../errors.ts'
import { VERBOSITY } from '../runtime/machine.ts'
import { TRACE } from '../vm/observer.ts'
import { type Flag, usage } from './args.ts'
import type { Program } from './program.ts'
import { readInteger, type Settings } from './settings.ts'
import type { SettingInfo } from './settings-table.ts'

/** Where the value of an argument for automatic calls comes from. */
export type AutoArg = { kind: 'expr' | 'string' | 'file'; text: string } | { kind: 'stdin' }

/** What flags other than settings ask for. */
export interface CommonOptions {
  include: string[]
  autoArgs: Map<string, AutoArg>
  /** Whether `--readonly-mode` or `--dry-run` was given. */
  readOnly: boolean
  readWrite: boolean
  gcWarning: boolean
  cacheDir: string | undefined
  cache: boolean
  cacheResults: boolean
  /** How a file is known to be what it was: `hash` reads it always. */
  cacheCheck: 'stamp' | 'hash'
  explainCache: boolean
  warnings: boolean
  stats: boolean
  /** The file for a profile of the program. */
  profile: string | undefined
  traceRuntime: boolean
  virtualStore: boolean
  /** Whether units that run often are compiled to JavaScript. */
  jit: boolean
  /** Which store is used: one that is named, by default the one that Nix would use as well, or none at all. */
  store: 'named' | 'default' | 'never'
  /** Experimental features that some flag needs. */
  needed: Set<string>
}

export function newOptions(): CommonOptions {
  return {
    include: [],
    autoArgs: new Map(),
    readOnly: false,
    readWrite: false,
    gcWarning: true,
    cacheDir: undefined,
    cache: true,
    cacheResults: false,
    cacheCheck: 'stamp',
    explainCache: false,
    warnings: false,
    stats: false,
    profile: undefined,
    traceRuntime: false,
    virtualStore: true,
    jit: true,
    store: 'named',
    needed: new Set(),
  }
}

const LOG_FORMATS = [
  'raw',
  'raw-with-logs',
  'internal-json',
  'bar',
  'bar-with-logs',
  'multiline',
  'multiline-with-logs',
]

/** A flag without and one with a value. */
export const on = (run: () => void): Flag => ({ arity: 0, run })
export const takes = (run: (value: string) => void): Flag => ({ arity: 1, run })

/** The common flags but those of settings, over a run's settings and options. */
export function commonFlags(program: Program, settings: Settings, options: CommonOptions): Map<string, Flag> {
  const flags = new Map<string, Flag>()
  const set = (names: string, flag: Flag): void => {
    for (const name of names.split(' ')) flags.set(name, flag)
  }
  const nothing = on(() => {})

  set(
    '--verbose -v',
    on(() => program.verbosity++),
  )
  set(
    '--quiet',
    on(() => (program.verbosity = Math.max(program.verbosity - 1, VERBOSITY.error))),
  )
  set(
    '--debug',
    on(() => (program.verbosity = VERBOSITY.debug)),
  )
  set('--no-build-output -Q --repair', nothing)
  // nix-instantiate knows none of these.
  if (program.name === 'firnix') set('--print-build-logs -L --offline --refresh', nothing)
  set('--option', { arity: 2, run: (name, value) => settings.setOption(name, value) })
  set(
    '--log-format',
    takes((format) => {
      if (!LOG_FORMATS.includes(format)) {
        throw new NixError('eval', `option 'log-format' has an invalid value '${format}'`)
      }
      if (format === 'internal-json') program.render.format = 'json'
    }),
  )
  set(
    '--max-jobs -j',
    takes((value) => settings.set('max-jobs', value)),
  )
  set(
    '--keep-failed -K',
    on(() => settings.set('keep-failed', 'true')),
  )
  set(
    '--keep-going -k',
    on(() => settings.set('keep-going', 'true')),
  )
  for (const name of ['cores', 'max-silent-time', 'timeout']) {
    set(
      `--${name}`,
      takes((value) => settings.set(name, String(readInteger(value)))),
    )
  }
  set(
    '--readonly-mode',
    on(() => (options.readOnly = true)),
  )
  set(
    '--read-write-mode',
    on(() => (options.readWrite = true)),
  )
  set(
    '--no-gc-warning',
    on(() => (options.gcWarning = false)),
  )

  const autoArg = (kind: 'expr' | 'string' | 'file'): Flag => ({
    arity: 2,
    run: (name, text) => {
      options.autoArgs.set(name, { kind, text })
    },
  })
  set('--arg', autoArg('expr'))
  set('--argstr', autoArg('string'))
  set('--arg-from-file', autoArg('file'))
  set(
    '--arg-from-stdin',
    takes((name) => options.autoArgs.set(name, { kind: 'stdin' })),
  )
  set(
    '--include -I',
    takes((path) => options.include.push(path)),
  )
  set(
    '--impure',
    on(() => settings.set('pure-eval', 'false')),
  )
  set('--override-flake', { arity: 2, run: () => {} })
  set(
    '--eval-store',
    takes(() => {}),
  )

  set(
    '--cache-dir',
    takes((dir) => {
      // What an unset variable of a script gives; a cache in the current folder is nobody's wish.
      if (dir === '') throw usage("'--cache-dir' must be a directory, not ''")
      options.cacheDir = dir
    }),
  )
  set(
    '--no-cache',
    on(() => (options.cache = false)),
  )
  set(
    '--cache-results',
    on(() => (options.cacheResults = true)),
  )
  set(
    '--explain-cache',
    on(() => (options.explainCache = true)),
  )
  set(
    '--cache-check',
    takes((how) => {
      if (how !== 'stamp' && how !== 'hash') {
        throw usage(`'--cache-check' must be 'stamp' or 'hash', not '${how}'`)
      }
      options.cacheCheck = how
    }),
  )
  set(
    '--warnings',
    on(() => (options.warnings = true)),
  )
  set(
    '--stats',
    on(() => (options.stats = true)),
  )
  set(
    '--profile',
    takes((file) => (options.profile = file)),
  )
  set(
    '--trace-runtime',
    on(() => {
      if (!TRACE) throw usage("'--trace-runtime' needs a trace build (node scripts/build.mjs --trace)")
      options.traceRuntime = true
    }),
  )
  set(
    '--no-jit',
    on(() => (options.jit = false)),
  )
  set(
    '--no-virtual-store',
    on(() => (options.virtualStore = false)),
  )
  set(
    '--color',
    on(() => (program.render.colour = true)),
  )
  set(
    '--no-color',
    on(() => (program.render.colour = false)),
  )
  set(
    '--format-errors',
    takes((format) => {
      if (format !== 'text' && format !== 'json') {
        throw usage(`'--format-errors' must be 'text' or 'json', not '${format}'`)
      }
      program.render.format = format
    }),
  )
  return flags
}

/**
 * The flag of a setting: `--name value`, or `--name` and `--no-name`; lists also as `--extra-name value`. Undefined for a
 * word that is none. They are looked up one by one, for a table of them all takes longer to make than to read a file.
 */
export function settingFlag(word: string, settings: Settings, options: CommonOptions): Flag | undefined {
  if (!word.startsWith('--')) return undefined
  const name = word.slice(2)
  const flag = (info: SettingInfo, arity: number, run: (value: string) => void): Flag => ({
    arity,
    run: (value) => {
      if (info.feature !== undefined) options.needed.add(info.feature)
      run(value)
    },
  })
  const found = settings.find(name)
  if (found !== undefined) {
    const { info } = found
    if (info.type === 'bool' || info.type === 'deprecated')
      return flag(info, 0, () => settings.override(name, true))
    if (info.type === 'sandbox') return flag(info, 0, () => settings.set(name, 'true'))
    return flag(info, 1, (value) => settings.set(name, value))
  }
  const [, prefix, base] = /^(no|relaxed)-(.*)$/.exec(name) ?? []
  const info = base === undefined ? undefined : settings.find(base)?.info
  // Aliases have no opposite.
  if (info === undefined || info.name !== base) return undefined
  if (info.type === 'sandbox')
    return flag(info, 0, () => settings.set(base, prefix === 'no' ? 'false' : 'relaxed'))
  if (prefix === 'no' && (info.type === 'bool' || info.type === 'deprecated'))
    return flag(info, 0, () => settings.override(base, false))
  return undefined
}

/** What is to be done once all words are read. Errors: a flag needed a feature that is off. */
export function finishFlags(settings: Settings, options: CommonOptions): void {
  settings.warnUnknown()
  for (const feature of options.needed) {
    if (settings.list('experimental-features').includes(feature)) continue
    throw new NixError(
      'eval',
      `experimental Nix feature '${feature}' is disabled; add '--extra-experimental-features ${feature}' to enable it`,
    )
  }
}
