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

/** Unpacks entries that would like to be elsewhere: they are not, and nothing there has changed. */
const harmless = async (name: string, entries: TarEntry[], inside: string): Promise<void> => {
  lab.write('outside/file', 'mine')
  const url = lab.serve(`/${name}.tar`, tar(entries))
  assert.is(await lab.value(list(url)), inside)
  assert.is(fs.readFileSync(`${lab.dir}/outside/file`, 'utf8'), 'mine')
  assert.equal(fs.readdirSync(`${lab.dir}/outside`), ['file'])
  assert.equal(lab.leftovers(), [])
}

test('names that would lead out of the archive end at its top', async () => {
  const b = { name: 'b', body: 'x' }
  await harmless('dots', [{ name: '../outside/new', body: 'x' }, b], '[ "b" "outside" ]')
  await harmless('inner', [{ name: 'a/../../c', body: 'x' }, b], '[ "b" "c" ]')
  await harmless('absolute', [{ name: '/outside/new', body: 'x' }, b], '[ "b" "outside" ]')
})

test('of two entries with one name Nix takes this one', async () => {
  const first = { name: 'z', body: '' }
  const kept = async (name: string, ...entries: TarEntry[]): Promise<string> => {
    const url = lab.serve(`/${name}.tar`, tar([first, ...entries]))
    return lab.value(`builtins.mapAttrs (n: t: if t == "regular" then builtins.readFile "\${builtins.fetchTarball "${url}"}/\${n}"
      else t) (removeAttrs (builtins.readDir (builtins.fetchTarball "${url}")) [ "z" ])`)
  }
  assert.is(await kept('files', { name: 'a', body: '1' }, { name: 'a', body: '2' }), '{ a = "2"; }')
  assert.is(await kept('dir', { name: 'a', type: '5' }, { name: 'a', body: '2' }), '{ a = "2"; }')
  assert.is(await kept('file', { name: 'a', body: '1' }, { name: 'a', type: '5' }), '{ a = "1"; }')
  assert.is(await kept('full', { name: 'a/b', body: '1' }, { name: 'a', body: '2' }), '{ a = "2"; }')
  const link: TarEntry = { name: 'a', type: '2', link: 'z' }
  assert.is(await kept('link', { name: 'a', body: '1' }, link), '{ a = "1"; }')
  assert.is(await kept('under', link, { name: 'a', type: '5' }), '{ a = "directory"; }')
  assert.is(await kept('first', { name: 'z', type: '2', link: 'a' }), '{ }')
})

test('hard links are made when all files are known', async () => {
  const text = async (name: string, entries: TarEntry[]): Promise<string> =>
    lab.value(`builtins.readFile "\${builtins.fetchTarball "${lab.serve(`/${name}.tar`, tar(entries))}"}/h"`)
  const link: TarEntry = { name: 't/h', type: '1', link: 't/a' }
  await hostile('none', [link], "path '/t/a' does not exist")
  await hostile('folder', [{ name: 't/a/b', body: '' }, link], 'cannot create a hard link to a directory')
  const deep = { ...link, link: 't/a/b' }
  await hostile('below', [{ name: 't/a', body: '' }, deep], "path '/t/a/b' has a non-directory parent")
  assert.is(await text('later', [link, { name: 't/a', body: 'one' }]), '"one"')
  assert.is(await text('last', [{ name: 't/a', body: '1' }, link, { name: 't/a', body: '2' }]), '"2"')
  assert.is(await text('kept', [{ name: 't/a', body: '1' }, { name: 't/h', body: '2' }, link]), '"2"')
})

test('names that Git keeps for itself are refused', async () => {
  for (const name of ['.git', '.GIT', 'git~1', '.git. ', '.git:x', '.git\\x'])
    await hostile(
      'git',
      [{ name: `t/${name}`, body: '' }],
      `failed to insert entry: invalid name for a tree entry - ${name} (libgit2 error code = 14)`,
    )
  const order = ['b/.git', '.git', 'a/c/.Git', 'a/.git']
  await hostile(
    'order',
    order.map((name) => ({ name, body: '' })),
    '- .Git (',
  )
  const url = lab.serve('/fine.tar', tar(['.gitx', 'git~2', '..git'].map((name) => ({ name, body: '' }))))
  assert.is(await lab.value(list(url)), '[ "..git" ".gitx" "git~2" ]')
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
    `path '${out}/file' does not exist`,
  )
})

test('an entry with the name of a link does not follow it', async () => {
  const url = lab.serve(
    '/replace.tar',
    tar([
      { name: 't/l', type: '2', link: `${lab.write('outside/file', 'mine')}` },
      { name: 't/a', body: '' },
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

test('a damaged archive is refused, and it is told where it breaks off', async () => {
  const broken = async (name: string, bytes: Buffer, message: string): Promise<void> => {
    assert.is(await lab.failure(list(lab.serve(`/${name}`, bytes))), message, name)
    assert.equal(lab.leftovers(), [])
  }
  const whole = tar(PLAIN)
  const long = tar([
    { name: 't/a', body: 'x'.repeat(200_000) },
    { name: 't/b', body: 'x' },
  ])
  const flip = (bytes: Buffer, at: number): Buffer => {
    const flipped = Buffer.from(bytes)
    flipped[at] ^= 0xff
    return flipped
  }
  const data = 'cannot read file from tarball: '
  const cut = `${data}Truncated tar archive detected while reading data`
  await broken('data.tar', long.subarray(0, 1200), cut)
  const padding = `${data}Truncated input file (needed 192 bytes, only 1 available)`
  await broken('padding.tar', long.subarray(0, 512 + 200_001), padding)
  const header = 'cannot get archive member name: '
  const next = `${header}Truncated tar archive detected while reading next header`
  await broken('header.tar', long.subarray(0, 512 + 200_192 + 100), next)
  await broken('flipped.tar', flip(long, 512 + 200_192), `${header}Damaged tar archive (bad header checksum)`)
  await broken('flipped0.tar', flip(whole, 0), 'Failed to open archive (Unrecognized archive format)')
  await broken('text.tar.gz', gzipSync('no tar'), 'Failed to open archive (Unrecognized archive format)')
  const packed = gzipSync(tar([{ name: 't/a', body: 'x'.repeat(5000) }]))
  const early = packed.subarray(0, packed.length - 20)
  await broken('early.tar.gz', early, 'Failed to open archive (truncated gzip input)')
  const noise = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 7, 7, 7])
  await broken('noise.tar.gz', noise, 'Failed to open archive (gzip decompression failed)')
  await broken('html.zip', Buffer.from('<html>'), 'failed to open archive: Unrecognized archive format')
})

test('an archive may end without its end, between two entries', async () => {
  const one = tar([{ name: 't/a', body: 'x' }]).subarray(0, 1024)
  assert.is(await lab.value(list(lab.serve('/a.tar', one))), '[ "a" ]')
})

test('an empty file is an archive of nothing', async () => {
  assert.is(await lab.value(list(lab.serve('/a.tar', ''))), '[ ]')
  assert.is(await lab.value(list(lab.serve('/a.tar.gz', gzipSync('')))), '[ ]')
  assert.is(await lab.value(list(lab.serve('/a.zip', ''))), '[ ]')
})

for (const [program, suffix, message] of [
  ['bzip2', 'bz2', 'truncated bzip2 input'],
  ['xz', 'xz', 'Lzma library error:  No progress is possible'],
  ['zstd', 'zst', 'Truncated zstd input'],
]) {
  test(`an archive packed by ${program} that breaks off is none`, async () => {
    let packed: Buffer
    try {
      packed = execFileSync(program, ['-c'], { input: tar(PLAIN), stdio: ['pipe', 'pipe', 'ignore'] })
    } catch {
      return
    }
    const url = lab.serve(`/a.tar.${suffix}`, packed.subarray(0, packed.length >> 1))
    assert.is(await lab.failure(list(url)), `Failed to open archive (${message})`)
  })
}

test('it is said what is unpacked, when it is not known yet', async () => {
  const url = lab.serve('/a.tar', tar(PLAIN))
  assert.equal((await lab.run(list(url))).log, [`unpacking '${url}' into the Git cache...`])
  assert.equal((await lab.run(list(url))).log, [])
  const old = { fetch: { tarballTtl: 0 } }
  assert.equal((await lab.run(list(url), old)).log, [`unpacking '${url}' into the Git cache...`])
  const quiet = { settings: { verbosity: 1 } }
  assert.equal((await lab.run(list(lab.serve('/b.tar', tar(PLAIN))), quiet)).log, [])
})

test('an archive that cannot be downloaded cannot be opened, unless it is a zip file', async () => {
  const why = (url: string): string =>
    `unable to download '${url}': HTTP error 404\n\nresponse body:\n\nthere is nothing here`
  const tarball = `${lab.base}/none.tar`
  const indented = why(tarball).replaceAll('\n\n', '\n\n       ')
  assert.is(
    await lab.failure(list(tarball)),
    `Failed to open archive (Source threw exception: error: ${indented})`,
  )
  assert.is(await lab.failure(list(`${lab.base}/none.zip`)), why(`${lab.base}/none.zip`))
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
