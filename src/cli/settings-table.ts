/**
 * Every setting of Nix 2.34 by name (floor 7): how its value is read, its other names, and the feature it belongs to.
 * Nix: `nix config show --json`.
 */

/**
 * How a value is read: `bool`; `int`, `long` and `signed` (numbers of 32, 64 and, signed, 64 bits; may end in K M G T); `text`; `path` (not empty); `list` (of words; also
 * as `extra-NAME`); `features`; `lint` (ignore, warn or fatal); `deprecated` (a boolean that stands for a lint);
 * `jobs` (`auto`, or 32 bits with no K); `sandbox` (a boolean or `relaxed`, flags without a value); `profiler`.
 */
export type SettingType =
  | 'bool'
  | 'int'
  | 'long'
  | 'signed'
  | 'text'
  | 'path'
  | 'list'
  | 'features'
  | 'lint'
  | 'deprecated'
  | 'jobs'
  | 'sandbox'
  | 'profiler'

export interface SettingInfo {
  readonly name: string
  readonly type: SettingType
  readonly initial: string
  readonly feature?: string
}

/** `name`, or `name=default`; names that follow a `|` are aliases, a name after `@` is the feature it needs. */
const TABLE: Readonly<Record<SettingType, string>> = {
  bool: `abort-on-warn accept-flake-config@flakes allow-dirty=true allow-dirty-locks@flakes
    allow-import-from-derivation=true allow-new-privileges allow-symlinked-store
    allow-unsafe-native-code-during-evaluation always-allow-substitutes auto-allocate-uids@auto-allocate-uids
    auto-optimise-store builders-use-substitutes compress-build-log=true|build-compress-log debugger-on-trace
    debugger-on-warn eval-cache=true fallback|build-fallback filter-syscalls=true fsync-metadata=true
    fsync-store-paths http2=true ignore-try impersonate-linux-26|build-impersonate-linux-26
    keep-build-log=true|build-keep-log keep-derivations=true|gc-keep-derivations
    keep-env-derivations|env-keep-derivations keep-failed keep-going keep-outputs|gc-keep-outputs
    nix-shell-always-looks-for-shell-nix=true nix-shell-shebang-arguments-relative-to-script=true
    preallocate-contents print-missing=true pure-eval require-drop-supplementary-groups=true require-sigs=true
    restrict-eval run-diff-hook sandbox-fallback=true show-trace substitute=true|build-use-substitutes
    sync-before-registering trace-function-calls trace-import-from-derivation trace-verbose
    trust-tarballs-from-git-forges=true use-case-hack use-cgroups use-registries=true@flakes use-sqlite-wal=true
    use-xdg-base-directories warn-dirty=true`,
  int: `build-poll-interval=5 cores=0|build-cores download-attempts=5 download-speed=0
    eval-attrset-update-layer-rhs-threshold=16 eval-profiler-frequency=99 id-count=8388608
    max-call-depth=10000 max-substitution-jobs=16|substitution-max-jobs narinfo-cache-meta-ttl=604800
    narinfo-cache-negative-ttl=3600 narinfo-cache-positive-ttl=2592000 start-id=872415232 tarball-ttl=3600`,
  long: `connect-timeout=15 download-buffer-size=1048576
    http-connections=25|binary-caches-parallel-connections log-lines=25
    max-build-log-size=0|build-max-log-size max-free=9223372036854775807 min-free=0 min-free-check-interval=5
    nar-buffer-size=33554432 stalled-download-timeout=300 warn-large-path-threshold=0`,
  signed: `gc-reserved-space=8388608 max-silent-time=0|build-max-silent-time timeout=0|build-timeout`,
  text: `allowed-impure-host-deps bash-prompt bash-prompt-prefix bash-prompt-suffix build-dir build-users-group
    builders=@/etc/nix/machines commit-lock-file-summary@flakes|commit-lockfile-summary diff-hook eval-system
    external-builders=[] flake-registry=https://channels.nixos.org/flake-registry.json@flakes json-log-path
    plugin-files post-build-hook pre-build-hook sandbox-dev-shm-size=50% ssl-cert-file store=auto system
    upgrade-nix-store-path-url user-agent-suffix`,
  path: 'eval-profile-file=nix.profile netrc-file=/etc/nix/netrc sandbox-build-dir=/build',
  list: `access-tokens allowed-uris allowed-users=* build-hook extra-platforms hashed-mirrors ignored-acls
    impure-env@configurable-impure-env nix-path sandbox-paths|build-chroot-dirs|build-sandbox-paths
    secret-key-files substituters=https://cache.nixos.org/|binary-caches system-features
    trusted-public-keys|binary-cache-public-keys trusted-substituters|trusted-binary-caches trusted-users=root`,
  features: 'experimental-features',
  lint: 'lint-absolute-path-literals=ignore lint-short-path-literals=ignore lint-url-literals=ignore',
  deprecated: 'warn-short-path-literals',
  jobs: 'max-jobs=1|build-max-jobs',
  sandbox: 'sandbox=true|build-use-chroot|build-use-sandbox',
  profiler: 'eval-profiler=disabled',
}

/** What a deprecated boolean stands for. */
export const DEPRECATED: Readonly<Record<string, string>> = {
  'warn-short-path-literals': 'lint-short-path-literals',
}

/** The experimental features of Nix 2.34. Nix: experimental-features.cc. */
export const FEATURES: readonly string[] = [
  'ca-derivations',
  'impure-derivations',
  'flakes',
  'fetch-tree',
  'nix-command',
  'git-hashing',
  'recursive-nix',
  'fetch-closure',
  'auto-allocate-uids',
  'cgroups',
  'daemon-trust-override',
  'dynamic-derivations',
  'parse-toml-timestamps',
  'read-only-local-store',
  'local-overlay-store',
  'configurable-impure-env',
  'mounted-ssh-store',
  'verified-fetches',
  'pipe-operators',
  'external-builders',
  'blake3-hashes',
]

const TYPES = Object.keys(TABLE) as SettingType[]

/**
 * What is known of a setting, by any of its names; undefined when there is none. Looked for in the text of the table: a run
 * asks for a dozen, and the whole table would be 1.5 ms of its start.
 */
export function settingOf(name: string): SettingInfo | undefined {
  if (!/^[a-z0-9-]+$/.test(name)) return undefined
  for (const type of TYPES) {
    const entry = entryOf(TABLE[type], name)
    if (entry === undefined) continue
    const [, main, initial, feature] = /^([a-z0-9-]+)(?:=(.*?))?(?:@([a-z-]+))?$/.exec(
      entry.split('|')[0],
    ) as RegExpExecArray
    return { name: main, type, initial: initial ?? '', ...(feature === undefined ? {} : { feature }) }
  }
  return undefined
}

/** The word of a table that has this for one of its names. */
function entryOf(table: string, name: string): string | undefined {
  for (let at = table.indexOf(name); at >= 0; at = table.indexOf(name, at + 1)) {
    const before = table[at - 1] ?? ' '
    const after = table[at + name.length] ?? ' '
    if (!/[\s|]/.test(before) || !/[\s|=@]/.test(after)) continue
    let from = at
    while (from > 0 && !/\s/.test(table[from - 1])) from--
    return table.slice(from).split(/\s/, 1)[0]
  }
  return undefined
}
