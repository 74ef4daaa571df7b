/**
 * Settings (floor 7): nix.conf and its includes, the user's files, NIX_CONFIG, then flags, as Nix reads them; out come
 * the settings that an evaluation depends on. Nix: configuration.cc, globals.cc, eval-settings.cc.
 */
import { words } from '../builtins/text/strings.ts'
import { NixError } from '../errors.ts'
import { canonPath, parentPath } from '../io/io.ts'
import { type EvalSettings, VERBOSITY } from '../runtime/machine.ts'
import { DEPRECATED, FEATURES, type SettingInfo, settingOf } from './settings-table.ts'

/** What settings are read from. */
export interface SettingsWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** This machine as Nix names it. */
  readonly system: string
  /** A file's bytes; undefined if there is none or it cannot be read. */
  readFile(path: string): string | undefined
  exists(path: string): boolean
  /** Gets each warning, without `warning: `. */
  warn(message: string): void
}

export type LintLevel = 'ignore' | 'warn' | 'fatal'
type SettingValue = string | boolean | number | readonly string[]

/** The features that count as on when the machine has no configuration file. */
const DEFAULT_FEATURES = ['nix-command', 'flakes', 'fetch-tree']

/** The settings of one run. */
export class Settings {
  readonly #world: SettingsWorld
  /** Those that are no longer what they are at first. */
  readonly #values = new Map<string, SettingValue>()
  readonly #overridden = new Set<string>()
  readonly #unknown = new Set<string>()

  /** Settings with their defaults; nothing is read. */
  constructor(world: SettingsWorld) {
    this.#world = world
  }

  /**
   * Reads the machine's and the user's configuration and the environment. Errors: usage errors for lines that are no
   * settings and for values that cannot be read, an error for an included file that is missing.
   */
  static load(world: SettingsWorld): Settings {
    const settings = new Settings(world)
    const { env } = world
    const files = [`${canonPath(env.NIX_CONF_DIR || '/etc/nix')}/nix.conf`, ...userFiles(world).reverse()]
    const found = files.flatMap((path) => {
      const text = world.readFile(path)
      return text === undefined ? [] : [{ path, text }]
    })
    if (found.length === 0) settings.#values.set('experimental-features', DEFAULT_FEATURES)
    for (const { path, text } of found) settings.#apply(text, path)
    if (env.NIX_CONFIG !== undefined) settings.#apply(env.NIX_CONFIG, 'NIX_CONFIG')
    // The variable beats the files, and flags beat the variable (Nix: eval-gc.cc).
    if (env.NIX_PATH !== undefined) settings.set('nix-path', parseNixPath(env.NIX_PATH).join(' '))
    if (/^(?:1|yes|true)$/.test(env.NIX_ABORT_ON_WARN ?? '') && !settings.#overridden.has('abort-on-warn')) {
      settings.#values.set('abort-on-warn', true)
    }
    return settings
  }

  /** What is known of a setting (or of `extra-NAME`); undefined if Nix has none of that name. */
  find(name: string): { info: SettingInfo; append: boolean } | undefined {
    const info = settingOf(name)
    if (info !== undefined) return { info, append: false }
    if (!name.startsWith('extra-')) return undefined
    const base = settingOf(name.slice(6))
    if (base === undefined || (base.type !== 'list' && base.type !== 'features')) return undefined
    return { info: base, append: true }
  }

  /** Sets a setting; an unknown one is kept for `warnUnknown`. Errors: usage errors for a value that cannot be read. */
  set(name: string, value: string): void {
    const found = this.find(name)
    if (found === undefined) {
      this.#unknown.add(name)
      return
    }
    const { info, append } = found
    this.#overridden.add(info.name)
    if (info.feature !== undefined && !this.list('experimental-features').includes(info.feature)) {
      this.#world.warn(
        `Ignoring setting '${info.name}' because experimental feature '${info.feature}' is not enabled`,
      )
      return
    }
    const read = this.#read(info, value)
    const old = append ? this.list(info.name) : []
    this.#values.set(info.name, Array.isArray(read) ? [...old, ...read] : read)
  }

  /** Another default for this command; what the user has set stays. Nix: BaseSetting::setDefault. */
  setDefault(name: string, value: boolean): void {
    if (!this.#overridden.has(name)) this.#values.set(name, value)
  }

  /** `--name`, `--no-name`: a Boolean, whatever features are on. Nix: BaseSetting<bool>::convertToArg. */
  override(name: string, value: boolean): void {
    const { info } = this.find(name) as { info: SettingInfo }
    this.#overridden.add(info.name)
    this.#values.set(info.name, this.#read(info, String(value)))
  }

  /** `--option NAME VALUE`: a value that cannot be read is a warning. */
  setOption(name: string, value: string): void {
    try {
      this.set(name, value)
    } catch (e) {
      if (!(e instanceof NixError)) throw e
      this.#world.warn(e.message)
    }
  }

  /** Warns of the settings that Nix does not know, once all flags are read. */
  warnUnknown(): void {
    for (const name of [...this.#unknown].sort()) this.#world.warn(`unknown setting '${name}'`)
    this.#unknown.clear()
  }

  #value(name: string): SettingValue {
    return this.#values.get(name) ?? initialValue(settingOf(name) as SettingInfo)
  }

  bool(name: string): boolean {
    return this.#value(name) === true
  }
  int(name: string): number {
    return this.#value(name) as number
  }
  text(name: string): string {
    return this.#value(name) as string
  }
  list(name: string): readonly string[] {
    return this.#value(name) as readonly string[]
  }
  lint(name: string): LintLevel {
    return this.#value(name) as LintLevel
  }

  /** What an evaluation depends on; `include`: the `-I` elements, which come first. */
  evalSettings(
    include: readonly string[] = [],
    verbosity: number = VERBOSITY.info,
    inOrder = false,
  ): EvalSettings {
    const pure = this.bool('pure-eval')
    const nixPath = pure ? [] : [...include, ...this.list('nix-path')].map(parseSearchPathElement)
    return {
      features: new Set(this.list('experimental-features')),
      pureEval: pure,
      restrictEval: this.bool('restrict-eval'),
      maxCallDepth: this.int('max-call-depth'),
      traceVerbose: this.bool('trace-verbose'),
      verbosity,
      abortOnWarn: this.bool('abort-on-warn'),
      allowImportFromDerivation: this.bool('allow-import-from-derivation'),
      showTrace: this.bool('show-trace'),
      inOrder,
      system: this.text('eval-system') || this.text('system') || this.#world.system,
      storeDir: this.#storeDir(),
      nixPath,
    }
  }

  /** The store directory: of the store's URL, else NIX_STORE_DIR, else /nix/store. Nix: globals.cc, store-api.cc. */
  #storeDir(): string {
    const chosen = this.text('store')
    const url = chosen === 'auto' ? (this.#world.env.NIX_REMOTE ?? '') : chosen
    const given = /[?&]store=([^&]*)/.exec(url)
    if (given !== null) return canonPath(decodeURIComponent(given[1]))
    const dir = this.#world.env.NIX_STORE_DIR || this.#world.env.NIX_STORE || '/nix/store'
    return canonPath(dir)
  }

  #read(info: SettingInfo, text: string): SettingValue {
    switch (info.type) {
      case 'bool':
        return readBool(info.name, text)
      case 'int':
      case 'long':
      case 'signed':
        try {
          return readInteger(text, BITS[info.type])
        } catch {
          throw usage(`setting '${info.name}' has invalid value '${text}'`)
        }
      case 'jobs':
        if (text === 'auto') return 1
        if (/^\d+$/.test(text) && BigInt(text) < 1n << 32n) return Number(text)
        throw usage("configuration setting 'max-jobs' should be 'auto' or an integer")
      case 'sandbox':
        if (text === 'relaxed') return text
        if (/^(?:true|yes|1)$/.test(text)) return 'true'
        if (/^(?:false|no|0)$/.test(text)) return 'false'
        throw usage(`option 'sandbox' has invalid value '${text}'`)
      case 'path':
        if (text === '') throw usage(`setting '${info.name}' is a path and paths cannot be empty`)
        return text
      case 'list':
        return words(text)
      case 'features':
        return this.#readFeatures(text)
      case 'lint':
        if (text === 'ignore' || text === 'warn' || text === 'fatal') return text
        throw usage(
          `option '${info.name}' has invalid value '${text}' (expected 'ignore', 'warn', or 'fatal')`,
        )
      case 'profiler':
        if (text === 'disabled' || text === 'flamegraph') return text
        throw usage(`option '${info.name}' has invalid value '${text}'`)
      case 'deprecated': {
        const on = readBool(info.name, text)
        const target = DEPRECATED[info.name]
        const level = on ? 'warn' : 'ignore'
        this.#world.warn(`'${info.name}' is deprecated, use '${target} = ${level}' instead`)
        if (!this.#overridden.has(target)) this.#values.set(target, level)
        return on
      }
      default:
        return text
    }
  }

  #readFeatures(text: string): string[] {
    const out: string[] = []
    for (const word of new Set(words(text).sort())) {
      if (FEATURES.includes(word)) {
        out.push(word)
        if (word === 'flakes') out.push('fetch-tree')
      } else if (word === 'no-url-literals') {
        this.#world.warn(
          `experimental feature '${word}' has been stabilized and renamed; use 'lint-url-literals = fatal' setting instead`,
        )
      } else this.#world.warn(`unknown experimental feature '${word}'`)
    }
    return out
  }

  /** Applies a configuration text: features first, so that settings which need one find it on. */
  #apply(text: string, path: string): void {
    const pairs = parseConfig(this.#world, text, path)
    const isFeature = (name: string) =>
      name === 'experimental-features' || name === 'extra-experimental-features'
    for (const [name, value] of pairs) if (isFeature(name)) this.set(name, value)
    const ownPath = this.#world.env.NIX_PATH !== undefined
    for (const [name, value] of pairs) {
      if (isFeature(name)) continue
      if (ownPath && (name === 'nix-path' || name === 'extra-nix-path')) continue
      this.set(name, value)
    }
  }
}

function usage(message: string): NixError {
  return new NixError('usage', message)
}

function initialValue(info: SettingInfo): SettingValue {
  switch (info.type) {
    case 'bool':
    case 'deprecated':
      return info.initial === 'true'
    case 'int':
    case 'long':
    case 'signed':
    case 'jobs':
      return Number(info.initial)
    case 'list':
    case 'features':
      return words(info.initial)
    default:
      return info.initial
  }
}

function readBool(name: string, text: string): boolean {
  if (/^(?:true|yes|1)$/.test(text)) return true
  if (/^(?:false|no|0)$/.test(text)) return false
  throw usage(`Boolean setting '${name}' has invalid value '${text}'`)
}

/** How many bits a number has; negative: it has a sign. */
const BITS = { int: 32, long: 64, signed: -64 } as const

/**
 * A number that may end in K, M, G or T. What is too large only with its unit loses its upper bits, as it does in Nix. Errors:
 * usage errors. Nix: util.hh, string2IntWithUnitPrefix.
 */
export function readInteger(text: string, bits: 32 | 64 | -64 = 64): number {
  const unit = /[A-Za-z]$/.exec(text)
  let factor = 1n
  let digits = text
  if (unit !== null) {
    const power = 'KMGT'.indexOf(unit[0].toUpperCase())
    if (power < 0) throw usage(`invalid unit specifier '${unit[0].toUpperCase()}'`)
    factor = 1n << BigInt(10 * (power + 1))
    digits = text.slice(0, -1)
  }
  const fit = (n: bigint): bigint => (bits < 0 ? BigInt.asIntN(-bits, n) : BigInt.asUintN(bits, n))
  const n = (bits < 0 ? /^-?\d+$/ : /^\d+$/).test(digits) ? BigInt(digits) : undefined
  if (n === undefined || fit(n) !== n) throw usage(`'${digits}' is not an integer`)
  return Number(fit(n * factor))
}

/** The `name = value` lines of a configuration text, with those of the files that it includes. */
function parseConfig(world: SettingsWorld, text: string, path: string, depth = 0): [string, string][] {
  const pairs: [string, string][] = []
  for (const raw of text.split('\n')) {
    const line = raw.replace(/#.*/s, '')
    const tokens = words(line)
    if (tokens.length === 0) continue
    const wrong = () => usage(`syntax error in configuration line '${line}' in "${path}"`)
    if (tokens.length < 2) throw wrong()
    if (tokens[0] === 'include' || tokens[0] === '!include') {
      if (tokens.length !== 2) throw wrong()
      const base = path.startsWith('/') ? parentPath(path) : canonPath(world.env.PWD ?? '/')
      const target = canonPath(tokens[1].startsWith('/') ? tokens[1] : `${base}/${tokens[1]}`)
      const included = world.readFile(target)
      if (included !== undefined) {
        if (depth > 100) throw new NixError('eval', `too many nested includes in "${path}"`)
        pairs.push(...parseConfig(world, included, target, depth + 1))
      } else if (tokens[0] === 'include' && !world.exists(target)) {
        throw new NixError('eval', `file "${target}" included from "${path}" not found`)
      }
      continue
    }
    if (tokens[1] !== '=') throw wrong()
    pairs.push([tokens[0], tokens.slice(2).join(' ')])
  }
  return pairs
}

/** The user's configuration files, the most important one first. */
function userFiles(world: SettingsWorld): string[] {
  const { env, home } = world
  if (env.NIX_USER_CONF_FILES !== undefined) return env.NIX_USER_CONF_FILES.split(':').filter((p) => p !== '')
  const own = env.NIX_CONFIG_HOME ?? `${env.XDG_CONFIG_HOME ?? `${home}/.config`}/nix`
  const shared = (env.XDG_CONFIG_DIRS ?? '/etc/xdg').split(':').filter((p) => p !== '')
  return [own, ...shared.map((d) => `${d}/nix`)].map((d) => `${d}/nix.conf`)
}

/** Whether a search path element is a URL. Nix: EvalSettings::isPseudoUrl. */
export function isPseudoUrl(text: string): boolean {
  return text.startsWith('channel:') || /^(?:https?|file|channel|git|s3|ssh):\/\//.test(text)
}

/** The elements of NIX_PATH: parts between colons, but for those of URLs. Nix: EvalSettings::parseNixPath. */
export function parseNixPath(text: string): string[] {
  const out: string[] = []
  let at = 0
  while (at < text.length) {
    const start = at
    let value = at
    while (at < text.length && text[at] !== ':') {
      if (text[at] === '=') value = at + 1
      at++
    }
    if (at === text.length) {
      out.push(text.slice(start))
      break
    }
    const rest = text.slice(value)
    if (isPseudoUrl(rest) || rest.startsWith('flake:')) {
      at++
      while (at < text.length && text[at] !== ':') at++
    }
    out.push(text.slice(start, at))
    at++
  }
  return out
}

/** `prefix=path`, or a path for all names. Nix: LookupPath::Elem::parse. */
function parseSearchPathElement(text: string): { prefix: string; path: string } {
  const eq = text.indexOf('=')
  return eq < 0 ? { prefix: '', path: text } : { prefix: text.slice(0, eq), path: text.slice(eq + 1) }
}
