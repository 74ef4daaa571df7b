// Settings: files, environment and flags, against what Nix 2.34.8 does with the same ones.
import { parseNixPath, readInteger, Settings, type SettingsWorld } from '../../../src/cli/settings.ts'
import { settingOf } from '../../../src/cli/settings-table.ts'
import { NixError } from '../../../src/errors.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cli/settings')

function world(
  files: Record<string, string>,
  env: Record<string, string> = {},
): SettingsWorld & { warnings: string[] } {
  const warnings: string[] = []
  return {
    env,
    home: '/home/u',
    system: 'x86_64-linux',
    readFile: (path) => files[path],
    exists: (path) => path in files,
    warn: (message) => warnings.push(message),
    warnings,
  }
}

const load = (files: Record<string, string>, env?: Record<string, string>) => Settings.load(world(files, env))
const NIX_CONF = '/etc/nix/nix.conf'

function failure(run: () => unknown): NixError {
  try {
    run()
  } catch (e) {
    if (e instanceof NixError) return e
  }
  throw new Error('no NixError was thrown')
}

test('without a configuration file flakes and nix-command are on', () => {
  assert.equal([...load({}).evalSettings().features], ['nix-command', 'flakes', 'fetch-tree'])
  assert.equal([...load({ [NIX_CONF]: '' }).evalSettings().features], [])
})

test('NIX_CONFIG adds to the features that are on by default', () => {
  const features = load({}, { NIX_CONFIG: 'extra-experimental-features = pipe-operators' }).evalSettings()
    .features
  assert.ok(features.has('flakes') && features.has('pipe-operators'))
})

test('defaults are those of Nix', () => {
  const s = load({}).evalSettings()
  assert.is(s.maxCallDepth, 10000)
  assert.is(s.pureEval, false)
  assert.is(s.allowImportFromDerivation, true)
  assert.is(s.system, 'x86_64-linux')
  assert.is(s.storeDir, '/nix/store')
  assert.equal(s.nixPath, [])
})

test('the user’s file beats the machine’s, NIX_CONFIG beats both', () => {
  const files = { [NIX_CONF]: 'system = a', '/home/u/.config/nix/nix.conf': 'system = b' }
  assert.is(load(files).evalSettings().system, 'b')
  assert.is(load(files, { NIX_CONFIG: 'system = c' }).evalSettings().system, 'c')
  assert.is(load(files, { XDG_CONFIG_HOME: '/x' }).evalSettings().system, 'a')
  assert.is(load({ '/c/nix.conf': 'system = d' }, { NIX_CONF_DIR: '/c' }).evalSettings().system, 'd')
})

test('of NIX_USER_CONF_FILES the first counts most', () => {
  const files = { '/a': 'system = a', '/b': 'system = b' }
  assert.is(load(files, { NIX_USER_CONF_FILES: '/a:/b' }).evalSettings().system, 'a')
  assert.is(load(files, { NIX_USER_CONF_FILES: '/b:/a' }).evalSettings().system, 'b')
})

test('include is relative to the file, and must exist unless it is !include', () => {
  assert.is(load({ [NIX_CONF]: 'include sub', '/etc/nix/sub': 'system = s' }).evalSettings().system, 's')
  const error = failure(() => load({ [NIX_CONF]: 'include nope' }))
  assert.is(error.message, 'file "/etc/nix/nope" included from "/etc/nix/nix.conf" not found')
  load({ [NIX_CONF]: '!include nope' })
})

test('comments end lines, values may have several words', () => {
  const s = load({ [NIX_CONF]: 'show-trace = true  # yes\n\n# no\nnix-path = a=b   c' })
  assert.is(s.bool('show-trace'), true)
  assert.equal(s.list('nix-path'), ['a=b', 'c'])
})

test('a line that is no setting is a usage error', () => {
  const error = failure(() => load({}, { NIX_CONFIG: 'show-trace' }))
  assert.is(error.message, 'syntax error in configuration line \'show-trace\' in "NIX_CONFIG"')
  assert.is(error.kind, 'usage')
})

test('features of a file are read before the settings that need them', () => {
  const w = world({ [NIX_CONF]: 'use-registries = false\nexperimental-features = flakes' })
  assert.is(Settings.load(w).bool('use-registries'), false)
  assert.equal(w.warnings, [])
})

test('a setting whose feature is off is ignored with a warning', () => {
  const w = world({ [NIX_CONF]: '' })
  Settings.load(w).setOption('accept-flake-config', 'true')
  assert.equal(w.warnings, [
    "Ignoring setting 'accept-flake-config' because experimental feature 'flakes' is not enabled",
  ])
})

test('unknown settings are told once, in order, when all is read', () => {
  const w = world({}, { NIX_CONFIG: 'zzz = 1\nbogus = 2' })
  const s = Settings.load(w)
  s.setOption('qq', '1')
  s.setOption('extra-max-call-depth', '1')
  assert.equal(w.warnings, [])
  s.warnUnknown()
  assert.equal(
    w.warnings,
    ['bogus', 'extra-max-call-depth', 'qq', 'zzz'].map((n) => `unknown setting '${n}'`),
  )
})

test('a bad value is an error in a file and a warning with --option', () => {
  const bad = "setting 'max-call-depth' has invalid value 'abc'"
  assert.is(failure(() => load({}, { NIX_CONFIG: 'max-call-depth = abc' })).message, bad)
  const w = world({})
  const s = new Settings(w)
  s.setOption('max-call-depth', 'abc')
  s.setOption('show-trace', 'maybe')
  assert.equal(w.warnings, [bad, "Boolean setting 'show-trace' has invalid value 'maybe'"])
  assert.is(s.int('max-call-depth'), 10000)
})

test('numbers take unit letters', () => {
  assert.is(readInteger('2K'), 2048)
  assert.is(readInteger('1m'), 1048576)
  assert.is(failure(() => readInteger('1x')).message, "invalid unit specifier 'X'")
  assert.is(failure(() => readInteger('-1')).message, "'-1' is not an integer")
  assert.is(failure(() => readInteger('')).message, "'' is not an integer")
  assert.is(failure(() => readInteger('4294967296', 32)).message, "'4294967296' is not an integer")
  assert.is(readInteger('4194305K', 32), 1024)
  assert.is(readInteger('-1K', -64), -1024)
})

test('unknown features warn, flakes brings fetch-tree', () => {
  const w = world({})
  const s = new Settings(w)
  s.set('experimental-features', 'flakes bogus')
  assert.equal(w.warnings, ["unknown experimental feature 'bogus'"])
  assert.equal(s.list('experimental-features'), ['flakes', 'fetch-tree'])
})

test('lint levels, and the deprecated boolean that sets one', () => {
  const w = world({})
  const s = new Settings(w)
  assert.is(
    failure(() => s.set('lint-url-literals', 'foo')).message,
    "option 'lint-url-literals' has invalid value 'foo' (expected 'ignore', 'warn', or 'fatal')",
  )
  s.set('warn-short-path-literals', 'true')
  assert.is(s.lint('lint-short-path-literals'), 'warn')
  assert.equal(w.warnings, [
    "'warn-short-path-literals' is deprecated, use 'lint-short-path-literals = warn' instead",
  ])
})

test('NIX_PATH is cut at colons, but not inside URLs', () => {
  assert.equal(parseNixPath('a=b:/c'), ['a=b', '/c'])
  assert.equal(parseNixPath('nixpkgs=https://h/x.tar.gz:foo=/y'), ['nixpkgs=https://h/x.tar.gz', 'foo=/y'])
  assert.equal(parseNixPath('channel:nixos-20.09:x=flake:n'), ['channel:nixos-20.09', 'x=flake:n'])
  assert.equal(parseNixPath(''), [])
  assert.equal(parseNixPath('a::b:'), ['a', '', 'b'])
})

test('the search path: -I, then NIX_PATH in place of nix-path, nothing in pure mode', () => {
  const s = load({ [NIX_CONF]: 'nix-path = x=y' }, { NIX_PATH: 'a=b:/c' })
  assert.equal(s.evalSettings(['f']).nixPath, [
    { prefix: '', path: 'f' },
    { prefix: 'a', path: 'b' },
    { prefix: '', path: '/c' },
  ])
  s.set('extra-nix-path', 'd=e')
  assert.equal(s.evalSettings().nixPath.at(-1), { prefix: 'd', path: 'e' })
  s.set('pure-eval', 'true')
  assert.equal(s.evalSettings(['f']).nixPath, [])
})

test('the store directory: of the store’s URL, or NIX_STORE_DIR', () => {
  assert.is(load({}, { NIX_STORE_DIR: '/s/' }).evalSettings().storeDir, '/s')
  assert.is(load({}, { NIX_REMOTE: 'dummy://?store=/t' }).evalSettings().storeDir, '/t')
})

test('eval-system beats system', () => {
  assert.is(load({}, { NIX_CONFIG: 'system = a\neval-system = b' }).evalSettings().system, 'b')
})

test('a setting is found by each of its whole names, and by nothing else in the table', () => {
  assert.equal(settingOf('cores'), { name: 'cores', type: 'int', initial: '0' })
  assert.equal(settingOf('build-cores'), settingOf('cores'))
  assert.equal(settingOf('build-sandbox-paths'), { name: 'sandbox-paths', type: 'list', initial: '' })
  assert.equal(settingOf('commit-lockfile-summary'), {
    name: 'commit-lock-file-summary',
    type: 'text',
    initial: '',
    feature: 'flakes',
  })
  assert.is(settingOf('builders')?.initial, '@/etc/nix/machines')
  assert.is(settingOf('sandbox')?.type, 'sandbox', 'not one of those that begin like it')
  for (const name of [
    '',
    'core',
    'http',
    'nix',
    'flakes',
    'root',
    'true',
    'cores=0',
    'cores cores',
    'build-',
  ])
    assert.is(settingOf(name), undefined, name)
})

test.run()
