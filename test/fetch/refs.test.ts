import { parseFlakeRef, printFlakeRef } from '../../src/fetch/flake-ref.ts'
import { inputFromAttrs, isLocked } from '../../src/fetch/input.ts'
import { fixGitUrl, isLegalRefName, parseUrl, printUrl } from '../../src/fetch/url.ts'
import { assert, suite } from '../support/suite.ts'
import { run } from '../unit/builtins/support.ts'

const test = suite('fetch/references')
const options = { features: new Set(['flakes']), warn: () => {} }
const REV = '0123456789012345678901234567890123456789'

const read = (text: string): Record<string, unknown> => {
  const { input, dir } = parseFlakeRef(text, options)
  return { ...Object.fromEntries(input), ...(dir === '' ? {} : { dir }) }
}

test('names are looked up, with a branch and a revision', () => {
  assert.equal(read('nixpkgs'), { type: 'indirect', id: 'nixpkgs' })
  assert.equal(read('nixpkgs/a'), { type: 'indirect', id: 'nixpkgs', ref: 'a' })
  assert.equal(read(`x/a/${REV}`), { type: 'indirect', id: 'x', rev: REV, ref: 'a' })
})

test('forges take owner, repository and the rest as a branch', () => {
  assert.equal(read('github:a/b/c/d?dir=lib'), {
    ref: 'c/d',
    type: 'github',
    owner: 'a',
    repo: 'b',
    dir: 'lib',
  })
  assert.equal(read('gitlab:a%2Fb/c'), { type: 'gitlab', owner: 'a/b', repo: 'c' })
  assert.equal(read(`sourcehut:~a/b/${REV}`), { rev: REV, type: 'sourcehut', owner: '~a', repo: 'b' })
})

test('git URLs keep the parameters that are not for the fetcher', () => {
  assert.equal(read('git+https://a/b?ref=x&shallow=1&k=v'), {
    type: 'git',
    ref: 'x',
    shallow: true,
    url: 'https://a/b?k=v',
  })
})

test('a URL without an application is an archive', () => {
  assert.equal(read('https://x.y/a'), { type: 'tarball', url: 'https://x.y/a' })
  assert.equal(read('file+https://x.y/a'), { type: 'file', url: 'https://x.y/a' })
})

test('paths must be absolute, and may have a query', () => {
  assert.equal(read('/a/b?lastModified=3'), { type: 'path', path: '/a/b', lastModified: 3 })
  assert.throws(() => read('./x'), /flake reference '\.\/x' is not an absolute path/)
  assert.throws(() => read('path:/a?x=1'), /path URL 'path:\/a\?x=1' has unsupported parameter 'x'/)
})

test('references print as they are read', () => {
  for (const text of [
    'github:NixOS/nixpkgs/23.05?dir=lib',
    'git+file:///a?ref=x&shallow=1',
    'path:/a%20b',
    'flake:nixpkgs/a',
    'https://a/b.tar?narHash=sha256-ungWv48Bz%2BpBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0%3D',
  ]) {
    assert.is(printFlakeRef(parseFlakeRef(text, options)), text)
  }
})

test('URLs are taken apart and put together', () => {
  for (const url of ['https://u:p@a:80/b?c=d#e', 'ssh://git@[::1]:22/x', 'file:///a', 'path:./a', 'http:']) {
    assert.is(printUrl(parseUrl(url)), url)
  }
  assert.throws(() => parseUrl('http://a:99999/'), /port '99999' is invalid/)
  assert.throws(() => parseUrl('file://h/x'), /has unexpected authority 'h'/)
  assert.throws(() => parseUrl('/a'), /'\/a' doesn't have a scheme/)
})

test("git's own forms of URLs become URLs", () => {
  assert.is(printUrl(fixGitUrl('git@x:a/b')), 'ssh://git@x/a/b')
  assert.is(printUrl(fixGitUrl('/a b')), 'file:///a%20b')
  assert.is(printUrl(fixGitUrl('./a')), 'file:./a')
  assert.is(printUrl(fixGitUrl('git+https://a/b')), 'https://a/b')
  assert.throws(() => fixGitUrl('x:a/b'), /SCP-like URL/)
})

test('names of branches are checked as git checks them', () => {
  for (const name of ['a', 'a/-b', 'a@b', 'HEAD', 'refs/heads/a']) assert.ok(isLegalRefName(name), name)
  for (const name of [
    '-a',
    '@',
    '.a',
    'a/.b',
    'a.lock',
    'a//b',
    '/a',
    'a/',
    'a.',
    'x@{',
    'a b',
    '',
    'a..b',
  ]) {
    assert.not.ok(isLegalRefName(name), name)
  }
})

test('an input is locked by its hash or its revision', () => {
  const locked = (text: string): boolean => isLocked(parseFlakeRef(text, options).input)
  assert.not.ok(locked('path:/a'))
  assert.ok(locked('path:/a?narHash=sha256-ungWv48Bz%2BpBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0%3D'))
  assert.ok(locked(`git+https://a/b?rev=${REV}`))
  assert.not.ok(locked(`git+https://a/b?rev=${'0'.repeat(40)}`))
  assert.not.ok(locked('github:a/b'))
})

test('attributes that a scheme does not know are refused', () => {
  const attrs = new Map<string, string>([
    ['type', 'github'],
    ['owner', 'a'],
    ['repo', 'b'],
    ['foo', 'x'],
  ])
  assert.throws(
    () => inputFromAttrs(attrs, options),
    /input attribute 'foo' not supported by scheme 'github'/,
  )
})

// ------------------------------------------------------------------ the builtins, without a world

const features = { features: new Set(['flakes', 'fetch-tree']) }
const value = (text: string): string => {
  const { value: v, error } = run(text, features)
  if (error !== undefined) throw error
  return v as string
}
const failure = (text: string): string => run(text, features).error?.message ?? 'no error'

test('parseFlakeRef and flakeRefToString are inverse', () => {
  assert.is(
    value('builtins.attrValues (builtins.parseFlakeRef "github:NixOS/nixpkgs/23.05?dir=lib")'),
    '[ "lib" "NixOS" "23.05" "nixpkgs" "github" ]',
  )
  assert.is(
    value('builtins.flakeRefToString { type = "github"; owner = "a"; repo = "b"; ref = "c"; dir = "d"; }'),
    '"github:a/b/c?dir=d"',
  )
  assert.is(
    failure('builtins.flakeRefToString { type = "github"; owner = "a"; repo = -1; }'),
    'negative value given for flake ref attr repo: -1',
  )
})

test('a path reference without a path is the root', () => {
  assert.is(value('builtins.attrValues (builtins.parseFlakeRef "path:")'), '[ "/" "path" ]')
  assert.is(value('builtins.attrValues (builtins.parseFlakeRef "path:?dir=x")'), '[ "x" "/" "path" ]')
})

test('flake builtins need their feature when they are called', () => {
  assert.match(
    run('builtins.parseFlakeRef "x"').error?.message ?? '',
    "experimental Nix feature 'flakes' is disabled",
  )
  assert.is(run('builtins ? fetchTree').value, 'false')
  assert.is(run('builtins ? getFlake').value, 'true')
})

test('the place in the store is known without a network where the hash is', () => {
  const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  assert.is(
    value(`builtins.fetchurl { url = "http://x/y"; sha256 = "${sha256}"; }`),
    '"/nix/store/3aqpqa70wm4adgl60bdnkflqa4pbvwn9-y"',
  )
  assert.is(
    value(`builtins.fetchTarball { url = "http://x/y"; sha256 = "${sha256}"; }`),
    '"/nix/store/chr0qygjnyjs5b90v4hz80j6lisyhx5v-source"',
  )
  assert.is(
    value(`builtins.getContext (builtins.fetchurl { url = "http://x/y"; sha256 = "${sha256}"; })`),
    '{ "/nix/store/3aqpqa70wm4adgl60bdnkflqa4pbvwn9-y" = { path = true; }; }',
  )
})

test('arguments are checked as Nix checks them', () => {
  assert.is(failure('builtins.fetchurl { }'), "'url' argument required")
  assert.is(failure('builtins.fetchurl { foo = 1; }'), "unsupported argument 'foo' to 'fetchurl'")
  assert.match(
    failure('builtins.fetchurl "https://example.com/~wiggle~"'),
    "Please pass an attribute set with 'url' and 'name' attributes to 'fetchurl',  so that",
  )
  assert.match(
    failure('builtins.fetchurl { url = "https://example.com/~wiggle~"; }'),
    "Please add a valid 'name' attribute to the argument for 'fetchurl', so that",
  )
  assert.is(failure('builtins.fetchTree { }'), "argument 'type' is missing in call to 'fetchTree'")
  assert.is(failure('builtins.fetchGit { type = "git"; url = "x"; }'), "unexpected argument 'type'")
  assert.is(
    failure('builtins.fetchTree { type = "file"; url = "file://x"; owner = -1; }'),
    "negative value given for 'fetchTree' argument 'owner': -1",
  )
})

test('without a world to fetch from that is the error', () => {
  assert.match(failure('builtins.fetchurl "http://x/y"'), 'this evaluator has no way of fetching things')
})

test('pure evaluation fetches only what is locked', () => {
  const pure = { ...features, pureEval: true }
  const message = (text: string): string => run(text, pure).error?.message ?? 'no error'
  assert.is(
    message('builtins.fetchurl "http://x/y"'),
    "in pure evaluation mode, 'fetchurl' requires a 'sha256' argument",
  )
  assert.is(
    message('builtins.fetchGit "https://x/y"'),
    "in pure evaluation mode, 'fetchGit' doesn't fetch unlocked input 'git+https://x/y?exportIgnore=1'",
  )
  assert.match(
    message('builtins.getFlake "path:/x"'),
    "cannot call 'getFlake' on unlocked flake reference 'path:/x'",
  )
})

test.run()
