import { NixError } from '../../src/errors.ts'
import type { Download, Downloaded } from '../../src/io/fetch-world.ts'
import { NodeFetchWorld } from '../../src/io/node/fetch-node.ts'
import { assert, suite } from '../support/suite.ts'
import { Lab, tar } from './support.ts'

const test = suite('fetch/forges')
let lab: Lab
let asked: Download[]
let answers: Map<string, string | Buffer>

/** A world whose network is a table. */
class TableWorld extends NodeFetchWorld {
  override async download(request: Download): Promise<Downloaded> {
    asked.push(request)
    const body = answers.get(request.url)
    if (body === undefined) throw new NixError('io', `unable to download '${request.url}': HTTP error 404`)
    const file = lab.write(`down-${asked.length}`, body)
    return { file, local: false, urls: [request.url], etag: '' }
  }
}

test.before.each(async () => {
  lab = new Lab('forge')
  await lab.start()
  asked = []
  answers = new Map()
})
test.after.each(() => lab.stop())

const REV = '0123456789abcdef0123456789abcdef01234567'
const ARCHIVE = tar([{ name: `repo-${REV}/default.nix`, body: '{ x = 1; }', mtime: 1_234_567_890 }])
const world = (options: ConstructorParameters<typeof NodeFetchWorld>[0]): NodeFetchWorld =>
  new TableWorld(options)
const tree = (text: string): string => `builtins.fetchTree ${text}`
const urls = (): string[] => asked.map(({ url }) => url)

test('a commit of GitHub is an archive, with the time of its files', async () => {
  answers.set(`https://github.com/o/r/archive/${REV}.tar.gz`, ARCHIVE)
  const all = `with ${tree(`"github:o/r/${REV}"`)}; [ rev shortRev lastModified (import outPath).x ]`
  assert.is(await lab.value(all, { world }), `[ "${REV}" "0123456" 1234567890 1 ]`)
  assert.is(await lab.value(all, { world }), `[ "${REV}" "0123456" 1234567890 1 ]`)
  assert.is(asked.length, 1)
})

test('a branch of GitHub is looked up first', async () => {
  answers.set(
    'https://api.github.com/repos/o/r/commits/HEAD',
    JSON.stringify({ sha: REV, commit: { tree: { sha: REV } } }),
  )
  answers.set('https://api.github.com/repos/o/r/commits/b/c', JSON.stringify({ sha: REV }))
  answers.set(`https://github.com/o/r/archive/${REV}.tar.gz`, ARCHIVE)
  assert.is(await lab.value(`(${tree('"github:o/r"')}).rev`, { world }), `"${REV}"`)
  assert.is(await lab.value(`(${tree('"github:o/r/b/c"')}).rev`, { world }), `"${REV}"`)
})

test('tokens go to the host they are for', async () => {
  answers.set(`https://api.github.com/repos/o/r/tarball/${REV}`, ARCHIVE)
  const fetch = {
    accessTokens: new Map([
      ['github.com', 'general'],
      ['github.com/o', 'special'],
      ['gitlab.com', 'PAT:x'],
    ]),
  }
  await lab.value(`(${tree(`"github:o/r/${REV}"`)}).rev`, { world, fetch })
  assert.equal(asked[0].headers, { Authorization: 'token special' })
})

test('GitLab is asked by its own API', async () => {
  const base = 'https://gitlab.com/api/v4/projects/o%2Fr/repository'
  answers.set(`${base}/commits?ref_name=HEAD`, JSON.stringify([{ id: REV }]))
  answers.set(`${base}/archive.tar.gz?sha=${REV}`, ARCHIVE)
  const fetch = { accessTokens: new Map([['gitlab.com', 'PAT:x']]) }
  assert.is(await lab.value(`(${tree('"gitlab:o/r"')}).rev`, { world, fetch }), `"${REV}"`)
  assert.equal(asked[0].headers, { 'Private-token': 'x' })
  answers.set(`${base}/commits?ref_name=none`, '[]')
  assert.match(await lab.failure(tree('"gitlab:o/r/none"'), { world }), 'No commits returned by GitLab API')
})

test('SourceHut is asked for its list of references', async () => {
  answers.set('https://git.sr.ht/~o/r/HEAD', 'ref: refs/heads/main\n')
  answers.set(
    'https://git.sr.ht/~o/r/info/refs',
    `${'1'.repeat(40)}\trefs/heads/other\n${REV}\trefs/heads/main\n`,
  )
  answers.set(`https://git.sr.ht/~o/r/archive/${REV}.tar.gz`, ARCHIVE)
  assert.is(await lab.value(`(${tree('"sourcehut:~o/r"')}).rev`, { world }), `"${REV}"`)
  assert.match(await lab.failure(tree('"sourcehut:~o/r/none"'), { world }), "couldn't find ref 'none'")
  assert.equal(urls()[0], 'https://git.sr.ht/~o/r/HEAD')
})

test('a server that answers nonsense is named', async () => {
  answers.set('https://api.github.com/repos/o/r/commits/HEAD', '{}')
  assert.match(await lab.failure(tree('"github:o/r"'), { world }), 'names no commit')
  answers.set('https://api.github.com/repos/o/q/commits/HEAD', 'not JSON')
  assert.match(
    await lab.failure(tree('"github:o/q"'), { world }),
    "'https://api.github.com/repos/o/q/commits/HEAD'",
  )
})

test('a locked flake input comes from its archive, checked', async () => {
  answers.set(
    `https://github.com/o/r/archive/${REV}.tar.gz`,
    tar([{ name: 't/flake.nix', body: '{ outputs = { self }: { v = 1; }; }' }]),
  )
  const { value } = await lab.run(`(${tree(`"github:o/r/${REV}"`)}).narHash`, { world })
  const narHash = (value as string).slice(1, -1)
  const locked = { type: 'github', owner: 'o', repo: 'r', rev: REV, narHash }
  const write = (hash: string): void => {
    lab.write('a/flake.nix', '{ inputs.r.url = "github:o/r"; outputs = { self, r }: { q = r.v; }; }')
    lab.write(
      'a/flake.lock',
      JSON.stringify({
        nodes: {
          r: { locked: { ...locked, narHash: hash }, original: { type: 'github', owner: 'o', repo: 'r' } },
          root: { inputs: { r: 'r' } },
        },
        root: 'root',
        version: 7,
      }),
    )
  }
  write(narHash)
  assert.is(await lab.value(`(builtins.getFlake "path:${lab.dir}/a").q`, { world }), '1')
  write('sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=')
  assert.match(
    await lab.failure(`(builtins.getFlake "path:${lab.dir}/a").q`, { world }),
    /^NAR hash mismatch in input/,
  )
})

test.run()
