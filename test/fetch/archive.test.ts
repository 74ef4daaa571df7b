import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { gzipSync } from 'node:zlib'
import { NodeIO } from '../../src/io/node/node-io.ts'
import { hashPath } from '../../src/store/nar.ts'
import { assert, suite } from '../support/suite.ts'
import { Lab, type TarEntry, tar } from './support.ts'

const test = suite('fetch/archives')
let lab: Lab

test.before.each(async () => {
  lab = new Lab('archive')
  await lab.start()
})
test.after.each(() => lab.stop())

const PLAIN: TarEntry[] = [
  { name: 'top/', type: '5', mode: 0o755 },
  { name: 'top/a', body: 'one' },
  { name: 'top/run', body: '#!', mode: 0o755, mtime: 1_500_000_000 },
  { name: 'top/sub/deep/b', body: 'two' },
  { name: 'top/link', type: '2', link: 'sub/deep/b' },
]

/** What a tree has, read through the evaluator. */
const list = (url: string): string => `builtins.attrNames (builtins.readDir (builtins.fetchTarball "${url}"))`

test('the one directory at the top is left out', async () => {
  const url = lab.serve('/a.tar', tar(PLAIN))
  assert.is(await lab.value(list(url)), '[ "a" "link" "run" "sub" ]')
  assert.is(await lab.value(`builtins.readFile "\${builtins.fetchTarball "${url}"}/link"`), '"two"')
})

test('two things at the top stay', async () => {
  const url = lab.serve('/a.tar', tar([...PLAIN, { name: 'other', body: 'x' }]))
  assert.is(await lab.value(list(url)), '[ "other" "top" ]')
})

test('a single file at the top stays, too', async () => {
  const url = lab.serve('/a.tar', tar([{ name: 'only', body: 'x' }]))
  assert.is(await lab.value(list(url)), '[ "only" ]')
})

test('every compression gives the same tree', async () => {
  const plain = tar(PLAIN)
  const names: string[] = []
  const add = (name: string, body: Buffer): void => {
    names.push(lab.serve(name, body))
  }
  add('/a.tar', plain)
  add('/a.tar.gz', gzipSync(plain))
  for (const program of ['xz', 'bzip2', 'zstd']) {
    try {
      add(
        `/a.tar.${program}`,
        execFileSync(program, ['-c'], { input: plain, stdio: ['pipe', 'pipe', 'ignore'] }),
      )
    } catch {
      // The program is not there: nor can it unpack.
    }
  }
  const paths = new Set<string>()
  for (const url of names) paths.add(await lab.value(`builtins.fetchTarball "${url}"`))
  assert.is(paths.size, 1)
})

test('the newest time in the archive is the time of the tree', async () => {
  const url = lab.serve('/a.tar', tar(PLAIN))
  assert.is(await lab.value(`(builtins.fetchTree "${url}").lastModified`), '1500000000')
  assert.is(await lab.value(`(builtins.fetchTree "${url}").lastModifiedDate`), '"20170714024000"')
})

test('an archive is fetched once, and not at all while nobody reads it', async () => {
  const url = lab.serve('/a.tar', tar(PLAIN))
  await lab.value(list(url))
  await lab.value(list(url))
  assert.is(lab.requests.length, 1)
  const tree = fs.readdirSync(`${lab.cache}/trees`)
  assert.equal(tree.length, 1)
  const { hex } = hashPath(new NodeIO(), `${lab.cache}/trees/${tree[0]}`) as { hex: string }
  assert.is(hex, tree[0])
  // A tree that is at hand by its hash needs no URL that works.
  const pinned = `builtins.fetchTarball { url = "${lab.base}/gone"; sha256 = "${hex}"; }`
  assert.is(await lab.value(`builtins.readFile "\${${pinned}}/a"`), '"one"')
  assert.is(lab.requests.length, 1)
})

test('a pinned archive is fetched when it is read, and checked', async () => {
  const url = lab.serve('/a.tar', tar(PLAIN))
  const wrong = `builtins.fetchTarball { url = "${url}"; sha256 = "${'1'.repeat(64)}"; }`
  assert.match(await lab.value(wrong), '-source"')
  assert.is(lab.requests.length, 0)
  assert.match(
    await lab.failure(`builtins.readFile "\${${wrong}}/a"`),
    `hash mismatch in file downloaded from '${url}':`,
  )
})

test('hard links become copies', async () => {
  const url = lab.serve(
    '/a.tar',
    tar([
      { name: 't/a', body: 'one' },
      { name: 't/b', type: '1', link: 't/a' },
    ]),
  )
  assert.is(await lab.value(`builtins.readFile "\${builtins.fetchTarball "${url}"}/b"`), '"one"')
})

test('long names in either form are read', async () => {
  const name = `t/${'n'.repeat(150)}`
  const record = ` path=${name}\n`
  const size = record.length + 3
  const pax = lab.serve(
    '/pax.tar',
    tar([
      { name: 'x', type: 'x', body: `${size}${record}` },
      { name: 't/short', body: 'p' },
    ]),
  )
  const gnu = lab.serve(
    '/gnu.tar',
    tar([
      { name: '././@LongLink', type: 'L', body: `${name}\0` },
      { name: 't/short', body: 'p' },
    ]),
  )
  assert.is(await lab.value(list(pax)), `[ "${'n'.repeat(150)}" ]`)
  assert.is(await lab.value(list(gnu)), `[ "${'n'.repeat(150)}" ]`)
})

const hostile = async (name: string, entries: TarEntry[], message: string | RegExp): Promise<void> => {
  lab.write('outside/file', 'mine')
  const url = lab.serve(`/${name}.tar`, tar(entries))
  assert.match(await lab.failure(list(url)), message)
  assert.is(fs.readFileSync(`${lab.dir}/outside/file`, 'utf8'), 'mine')
  assert.equal(fs.readdirSync(`${lab.dir}/outside`), ['file'])
  assert.equal(lab.leftovers(), [])
  assert.equal(fs.readdirSync(`${lab.cache}/trees`), [])
}

test('names that lead out of the archive are refused', async () => {
  await hostile('dots', [{ name: '../outside/new', body: 'x' }], /'\.\.\/outside\/new' leads out/)
  await hostile('inner', [{ name: 'a/../../b', body: 'x' }], 'leads out of the archive')
})

test('absolute names are refused', async () => {
  await hostile('absolute', [{ name: '/etc/x', body: 'x' }], "archive member '/etc/x' has an absolute path")
})

test('nothing is written through a link', async () => {
  const out = `${lab.dir}/outside`
  await hostile(
    'through',
    [
      { name: 't/l', type: '2', link: out },
      { name: 't/l/new', body: 'x' },
    ],
    "lies below 't/l', which is not a directory",
  )
  await hostile(
    'hard',
    [{ name: 't/h', type: '1', link: `${out}/file` }],
    /has an absolute path|no file of the archive/,
  )
})

test('a later entry replaces a link instead of following it', async () => {
  const url = lab.serve(
    '/replace.tar',
    tar([
      { name: 't/l', type: '2', link: `${lab.write('outside/file', 'mine')}` },
      { name: 't/l', body: 'theirs' },
    ]),
  )
  assert.is(await lab.value(`builtins.readFile "\${builtins.fetchTarball "${url}"}/l"`), '"theirs"')
  assert.is(fs.readFileSync(`${lab.dir}/outside/file`, 'utf8'), 'mine')
})

test('a link out of a fetched tree is read as if the tree were in the store', async () => {
  lab.write('secret', 's')
  const url = lab.serve(
    '/links.tar',
    tar([
      { name: 't/up', type: '2', link: '../../../secret' },
      { name: 't/a', body: '' },
      { name: 't/self', type: '2', link: 'a' },
    ]),
  )
  const tree = `builtins.fetchTarball "${url}"`
  assert.is(await lab.value(`builtins.readFile "\${${tree}}/self"`), '""')
  assert.match(await lab.failure(`builtins.readFile "\${${tree}}/up"`), "path '/secret' does not exist")
})

test('devices and fifos are refused', async () => {
  await hostile('fifo', [{ name: 't/p', type: '6' }], "file 't/p' in tarball has unsupported file type")
})

test('what is no archive is refused', async () => {
  const url = lab.serve('/a.tar', 'not an archive at all')
  assert.is(await lab.failure(list(url)), 'Failed to open archive (Unrecognized archive format)')
  assert.equal(lab.leftovers(), [])
})

test('a damaged archive is refused', async () => {
  const whole = tar(PLAIN)
  const cut = lab.serve('/cut.tar', whole.subarray(0, 1200))
  assert.match(await lab.failure(list(cut)), /^Failed to open archive \(/)
  const packed = gzipSync(tar([{ name: 't/a', body: 'x'.repeat(5000) }]))
  const cutGz = lab.serve('/cut.tar.gz', packed.subarray(0, packed.length - 20))
  assert.match(await lab.failure(list(cutGz)), /^Failed to open archive \(/)
  const flipped = Buffer.from(whole)
  flipped[600] ^= 0xff
  const bad = lab.serve('/flipped.tar', flipped)
  assert.match(await lab.failure(list(bad)), /^Failed to open archive \(/)
  assert.equal(lab.leftovers(), [])
})

test('zip files are unpacked, links and modes too', async () => {
  try {
    execFileSync('zip', ['--version'], { stdio: 'ignore' })
  } catch {
    return
  }
  lab.write('z/top/a', 'one')
  fs.writeFileSync(lab.write('z/top/run', '#!'), '#!', { mode: 0o755 })
  fs.chmodSync(`${lab.dir}/z/top/run`, 0o755)
  fs.symlinkSync('a', `${lab.dir}/z/top/link`)
  execFileSync('zip', ['-qry', '../a.zip', 'top'], { cwd: `${lab.dir}/z` })
  const url = lab.serve('/a.zip', fs.readFileSync(`${lab.dir}/a.zip`))
  assert.is(
    await lab.value(`builtins.readDir (builtins.fetchTarball "${url}")`),
    '{ a = "regular"; link = "symlink"; run = "regular"; }',
  )
})

test('an immutable URL is what gets locked', async () => {
  const end = `${lab.base}/fixed.tar`
  const url = lab.serve('/latest.tar', tar(PLAIN), { Link: `<${end}>; rel="immutable"` })
  lab.write(
    'flake/flake.nix',
    `{ inputs.t = { url = "${url}"; flake = false; }; outputs = { self, t }: { n = builtins.readDir t; }; }`,
  )
  const { value, log } = await lab.run(`builtins.attrNames (builtins.getFlake "path:${lab.dir}/flake").n`)
  assert.is(value, '[ "a" "link" "run" "sub" ]')
  assert.match(log.join('\n'), `'${end}?narHash=sha256-`)
})

test('search path entries may be URLs', async () => {
  const url = lab.serve('/a.tar', tar([{ name: 't/default.nix', body: '{ x = 3; }' }]))
  const settings = { nixPath: [{ prefix: 'pkgs', path: url }] }
  assert.is(await lab.value('(import <pkgs>).x', { settings }), '3')
  const gone = { nixPath: [{ prefix: 'pkgs', path: `${lab.base}/none.tar` }] }
  const { error, log } = await lab.run('import <pkgs>', { settings: gone })
  assert.match(error?.message ?? '', "file 'pkgs' was not found in the Nix search path")
  // It could also be the name of a file.
  const entry = `warning: Nix search path entry '${lab.base}/none.tar'`
  assert.match(log.join('\n'), `${entry} cannot be downloaded, ignoring\n${entry} does not exist, ignoring`)
})

test('a search path entry that is a flake has to be there', async () => {
  const settings = { nixPath: [{ prefix: 'pkgs', path: `flake:path:${lab.dir}/none` }] }
  const { error, log } = await lab.run('import <pkgs>', { settings })
  assert.match(error?.message ?? '', /^path '.*\/none' does not exist$/)
  assert.equal(log, [])
})

test.run()
