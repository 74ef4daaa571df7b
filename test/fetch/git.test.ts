import * as fs from 'node:fs'
import { assert, suite } from '../support/suite.ts'
import { Lab } from './support.ts'

const test = suite('fetch/git')
const git = test.needs('git')
let lab: Lab

test.before.each(() => {
  lab = new Lab('git')
})
test.after.each(async () => {
  await lab.start()
  await lab.stop()
})

const FILES = {
  'default.nix': '{ x = 1; }',
  'sub/f': 'hi',
  '.gitattributes': 'ign export-ignore\nigd/ export-ignore\nsub/*.skip export-ignore\n',
  ign: 'i',
  'igd/z': 'z',
  'sub/a.skip': 's',
}
const names = (value: string): string => `builtins.attrNames (builtins.readDir (${value}))`

git('a clean checkout has its revision, its count and its date', () => {
  const rev = lab.repository('r', FILES)
  const fetched = `builtins.fetchGit ${lab.dir}/r`
  const all = `with ${fetched}; [ rev shortRev revCount lastModified lastModifiedDate submodules ]`
  assert.is(lab.runNow(all).value, `[ "${rev}" "${rev.slice(0, 7)}" 1 1577934245 "20200102030405" false ]`)
  assert.is(lab.runNow(names(fetched)).value, '[ ".gitattributes" "default.nix" "sub" ]')
  assert.is(lab.runNow(names(`"\${${fetched}}/sub"`)).value, '[ "f" ]')
})

git('a dirty checkout is read as it is, without what git does not know', () => {
  const rev = lab.repository('r', FILES)
  lab.write('r/default.nix', '{ x = 2; }')
  lab.write('r/untracked', '')
  lab.write('r/intended', '')
  lab.git('r', 'add', '--intent-to-add', 'intended')
  fs.rmSync(`${lab.dir}/r/sub/f`)
  const fetched = `builtins.fetchGit ${lab.dir}/r`
  const { value, log } = lab.runNow(`with ${fetched}; [ rev dirtyRev dirtyShortRev revCount ]`)
  assert.is(value, `[ "${'0'.repeat(40)}" "${rev}-dirty" "${rev.slice(0, 7)}-dirty" 0 ]`)
  assert.equal(log, [`warning: Git tree '${lab.dir}/r' is dirty`])
  assert.is(lab.runNow(names(fetched)).value, '[ ".gitattributes" "default.nix" "intended" ]')
  assert.is(lab.runNow(`(import (${fetched})).x`).value, '2')
  assert.throws(
    () => lab.runNow(fetched, { fetch: { allowDirty: false } }),
    (e: Error) => e.message === `Git tree '${lab.dir}/r' is dirty`,
  )
})

git('a commit is read from its objects, whatever the checkout holds', () => {
  const rev = lab.repository('r', FILES)
  lab.write('r/default.nix', '{ x = 2; }')
  lab.commit('r')
  const at = (args: string): string => `(import (builtins.fetchGit { url = ${lab.dir}/r; ${args} })).x`
  assert.is(lab.runNow(at(`rev = "${rev}";`)).value, '1')
  assert.is(lab.runNow(at('ref = "main";')).value, '2')
  lab.git('r', 'tag', 'v1', rev)
  assert.is(lab.runNow(at('ref = "refs/tags/v1";')).value, '1')
})

git('the tree of a commit is that of its checkout', () => {
  const rev = lab.repository('r', FILES)
  fs.symlinkSync('sub/f', `${lab.dir}/r/link`)
  fs.writeFileSync(`${lab.dir}/r/run`, '#!', { mode: 0o755 })
  fs.chmodSync(`${lab.dir}/r/run`, 0o755)
  const second = lab.commit('r')
  assert.not.equal(rev, second)
  const hash = (args: string): string | undefined =>
    lab.runNow(`(builtins.fetchGit { url = ${lab.dir}/r; ${args} }).narHash`).value
  assert.is(hash(`rev = "${second}";`), hash(''))
  assert.is(hash(`rev = "${second}"; exportIgnore = false;`), hash('exportIgnore = false;'))
  assert.not.equal(hash('exportIgnore = false;'), hash(''))
})

git('a revision that is not there is an error', async () => {
  lab.repository('r', FILES)
  const message = await lab.failure(`builtins.fetchGit { url = ${lab.dir}/r; rev = "${'1'.repeat(40)}"; }`)
  assert.match(message, `getting Git object '${'1'.repeat(40)}': object not found`)
  assert.match(
    await lab.failure(`builtins.fetchGit { url = ${lab.dir}/r; ref = "nope"; }`),
    "resolving Git reference 'nope': revspec 'nope' not found",
  )
  assert.is(
    await lab.failure('builtins.fetchGit "/nonexistent"'),
    'Git repository "/nonexistent" does not exist.',
  )
})

git('another hash than the promised one is an error', async () => {
  lab.repository('r', FILES)
  const wrong = 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
  assert.match(
    await lab.failure(`builtins.fetchTree { type = "git"; url = "${lab.dir}/r"; narHash = "${wrong}"; }`),
    /^NAR hash mismatch in input 'git\+file:.*\?shallow=1', expected/,
  )
  assert.match(
    await lab.failure(
      `builtins.fetchTree { type = "git"; url = "${lab.dir}/r"; ref = "main"; lastModified = 5; }`,
    ),
    "'lastModified' attribute mismatch",
  )
})

git('a bare repository is cloned like a remote one', async () => {
  const rev = lab.repository('r', FILES)
  lab.git('.', 'clone', '-q', '--bare', 'r', 'bare')
  const url = `file://${lab.dir}/bare`
  assert.is(await lab.value(`(builtins.fetchGit "${url}").rev`), `"${rev}"`)
  assert.is(await lab.value(`(builtins.fetchGit { url = "${url}"; rev = "${rev}"; }).revCount`), '1')
  assert.is(
    await lab.value(`(builtins.fetchGit { url = "${url}"; ref = "main"; shallow = true; }).rev`),
    `"${rev}"`,
  )
  const message = await lab.failure(`builtins.fetchGit { url = "${url}"; ref = "nope"; }`)
  assert.match(message, `Failed to fetch git repository '${url}'`)
})

git('a remote branch is looked at again when it is too old', async () => {
  const first = lab.repository('r', FILES)
  lab.git('.', 'clone', '-q', '--bare', 'r', 'bare')
  const rev = `(builtins.fetchGit { url = "file://${lab.dir}/bare"; ref = "main"; }).rev`
  assert.is(await lab.value(rev), `"${first}"`)
  lab.write('r/new', 'x')
  const second = lab.commit('r')
  lab.git('r', 'push', '-q', `${lab.dir}/bare`, 'main')
  assert.is(await lab.value(rev), `"${first}"`)
  assert.is(await lab.value(rev, { fetch: { tarballTtl: 0 } }), `"${second}"`)
  // It goes on with what it has when the remote is gone.
  fs.renameSync(`${lab.dir}/bare`, `${lab.dir}/gone`)
  fs.mkdirSync(`${lab.dir}/bare`)
  const { value, log } = await lab.run(rev, { fetch: { tarballTtl: 0 } })
  assert.is(value, `"${second}"`)
  assert.match(log.join('\n'), 'could not update local clone of Git repository')
})

git('submodules come along when they are asked for', async () => {
  lab.repository('inner', { x: 'inner' })
  lab.repository('outer', { y: 'outer' })
  lab.git('outer', '-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', `${lab.dir}/inner`, 'sub/in')
  const rev = lab.commit('outer')
  const read = (args: string): string =>
    names(`"\${builtins.fetchGit { url = ${lab.dir}/outer; ${args} }}/sub/in"`)
  assert.is(await lab.value(read(`rev = "${rev}"; submodules = true;`)), '[ "x" ]')
  assert.is(await lab.value(read(`rev = "${rev}";`)), '[ ]')
  assert.is(await lab.value(read('submodules = true;')), '[ "x" ]')
  assert.is(
    await lab.value(`(builtins.fetchGit { url = ${lab.dir}/outer; submodules = true; }).submodules`),
    'true',
  )
})

git('what is not supported says so', async () => {
  lab.repository('r', FILES)
  assert.is(
    await lab.failure(`builtins.fetchGit { url = ${lab.dir}/r; submodules = true; exportIgnore = true; }`),
    'exportIgnore and submodules are not supported together yet',
  )
  assert.match(await lab.failure(`builtins.fetchGit { url = ${lab.dir}/r; lfs = true; }`), 'Git LFS')
  assert.match(await lab.failure('builtins.fetchMercurial "/x"'), 'Mercurial is not supported')
})

git('a folder that only looks like a repository cannot be opened', async () => {
  fs.mkdirSync(`${lab.dir}/r/.git`, { recursive: true })
  assert.is(
    await lab.failure(`builtins.fetchGit ${lab.dir}/r`),
    `opening Git repository "${lab.dir}/r": could not find repository at '${lab.dir}/r' (libgit2 error code = 6)`,
  )
})

test.run()
