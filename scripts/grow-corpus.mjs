// Grows the package tree of corpus/tree to any size, always to the same files for the same size.
// Usage: node scripts/grow-corpus.mjs N DIR
// DIR becomes a copy of the tree in which pkgs/by-name holds N packages, each a file of its own. A new package depends on
// older ones only, so the tree has no cycle: on a few that everything uses and on some that were made shortly before it,
// which gives hubs, long chains and a fan-out much like a real distribution's. One in forty gets a variant by `override`.
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const [count, target] = [Number(process.argv[2]), process.argv[3]]
if (!Number.isSafeInteger(count) || count < 0 || target === undefined) {
  console.error('usage: node scripts/grow-corpus.mjs N DIR')
  process.exit(2)
}
const tree = join(dirname(dirname(fileURLToPath(import.meta.url))), 'corpus/tree')
const out = resolve(target)
if (existsSync(out) && readdirSync(out).length > 0) {
  console.error(`${target} exists and is not empty`)
  process.exit(1)
}
cpSync(tree, out, { recursive: true })
const byName = join(out, 'pkgs/by-name')
const own = readdirSync(byName)
  .flatMap((shard) => readdirSync(join(byName, shard)))
  .sort()

/** A small deterministic source of numbers (mulberry32): the same tree on every machine. */
let state = 0x46495258
function random() {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const below = (n) => Math.floor(random() * n)
const pick = (xs) => xs[below(xs.length)]
const chance = (p) => random() < p

const ONSETS = 'b c d f g h j k l m n p r s t v w z br cr dr fl gr kl pl pr sk sl sn st tr th sh'.split(' ')
const VOWELS = 'a e i o u ai ea ee io oo ou'.split(' ')
const ENDS = ['', '', '', 'n', 'r', 's', 'l', 'm', 'x', 'nd', 'rk', 'st']
const KINDS = ['', '', '', 'lib', '-tools', '-cli', '-server', '-common', 'kit', '-data', '-utils']
const WORDS =
  'reads writes parses renders sorts signs packs sends keeps watches plans links maps times tests files texts images sounds keys packets trees graphs logs units fonts'.split(
    ' ',
  )
const LICENSES = ['mit', 'bsd3', 'apache2', 'gpl2Plus', 'gpl3Plus', 'lgpl21Plus', 'mpl2', 'zlib']
const NATIVE = ['pkgconf', 'perl', 'gettext', 'cmakelet', 'ninjalet', 'python']
// Base of the grown packages: own ones that take no settings and build everywhere.
const usable = [
  'zlib',
  'xz',
  'bzip2',
  'zstd',
  'libpng',
  'libffi',
  'expat',
  'openssl',
  'ncurses',
  'readline',
  'sqlite',
].concat([
  'curl',
  'pcre',
  'glib',
  'icu',
  'boost',
  'libxml',
  'gmp',
  'lz4',
  'libevent',
  'cairo',
  'pango',
  'gtk',
])

const NIX32 = '0123456789abcdfghijklmnpqrsvwxyz'
const hash = () => (chance(0.5) ? '1' : '0') + Array.from({ length: 51 }, () => NIX32[below(32)]).join('')
const version = () =>
  [below(12), below(40), ...(chance(0.6) ? [below(20)] : [])].join('.') +
  (chance(0.05) ? `-rc${1 + below(4)}` : '')

const names = new Set([
  ...own,
  'or',
  'rec',
  'let',
  'in',
  'with',
  'if',
  'then',
  'else',
  'assert',
  'inherit',
  'lib',
  'pkgs',
])
function freshName() {
  for (;;) {
    let name = ''
    for (let i = 1 + below(3); i >= 0; i--) name += pick(ONSETS) + pick(VOWELS) + pick(ENDS)
    name += pick(KINDS)
    if (names.has(name)) name += 2 + below(90)
    if (!names.has(name)) {
      names.add(name)
      return name
    }
  }
}

/** Hubs are used far more than others, and new packages build on recent ones. */
function dependenciesOf(made) {
  const chosen = new Set()
  const wanted = chance(0.08) ? 8 + below(18) : below(8)
  for (let i = 0; i < wanted; i++) {
    const where = random()
    if (where < 0.45 || made.length < 40) chosen.add(pick(usable))
    else if (where < 0.75) chosen.add(made[Math.floor(random() ** 3 * made.length)])
    else chosen.add(made[made.length - 1 - below(Math.min(made.length, 400))])
  }
  return [...chosen]
}

function packageText(name, made) {
  const inputs = dependenciesOf(made)
  const native = [...new Set(Array.from({ length: below(3) }, () => pick(NATIVE)))]
  const passed = inputs.splice(0, chance(0.15) ? 1 : 0)
  const style = below(4)
  const withSwitch = chance(0.15) && inputs.length > 1
  const optional = withSwitch ? inputs.pop() : undefined
  const own = style === 2 ? 'self.' : ''
  const pname = style === 0 ? name : `\${${own}pname}`
  const ver = style === 0 ? undefined : `\${${own}version}`
  const v = version()
  const args = [
    'lib',
    'stdenv',
    'fetchurl',
    ...new Set([...native, ...passed, ...inputs, ...(optional ? [optional] : [])]),
  ]
  const lines = args.map((arg) => `  ${arg},`)
  if (withSwitch) lines.push(`  with${optional.replace(/[^a-z0-9]/g, '')} ? ${chance(0.5)},`)
  const outputs = chance(0.25) ? ['out', 'dev'] : chance(0.1) ? ['bin', 'out', 'dev'] : undefined
  const body = [
    `  pname = "${name}";`,
    `  version = "${v}";`,
    '',
    '  src = fetchurl {',
    `    url = "https://src.example.org/${pname}/${ver ?? v}/${name}-${ver ?? v}.tar.${pick(['gz', 'xz'])}";`,
    `    sha256 = "${hash()}";`,
    '  };',
    '',
  ]
  if (outputs !== undefined) body.push(`  outputs = [ ${outputs.map((o) => `"${o}"`).join(' ')} ];`)
  if (native.length > 0) body.push(`  nativeBuildInputs = [ ${native.join(' ')} ];`)
  if (inputs.length > 0 || withSwitch)
    body.push(
      inputs.length > 4
        ? `  buildInputs = [\n${inputs.map((i) => `    ${i}`).join('\n')}\n  ]${tailOf(optional)};`
        : `  buildInputs = [ ${inputs.join(' ')} ]${tailOf(optional)};`,
    )
  if (passed.length > 0) body.push(`  propagatedBuildInputs = [ ${passed.join(' ')} ];`)
  if (chance(0.3))
    body.push(
      `  configureFlags = [ "--prefix=\${placeholder "out"}" "--enable-${pick(WORDS)}" ] ++ lib.optional stdenv.platform.isLinux "--with-${pick(WORDS)}";`,
    )
  if (chance(0.15)) body.push('  doCheck = !stdenv.platform.isDarwin;')
  if (chance(0.2) && inputs.length > 0)
    body.push(
      `  postInstall = ''\n    install -D ${name} $out/bin/${name}\n    link \${lib.getLib ${inputs[0]}}/lib $out/lib\n  '';`,
    )
  if (chance(0.08))
    body.push(`  passthru = {\n    level = ${below(100)};\n    tests.smoke = "${name} runs";\n  };`)
  body.push(
    '',
    '  meta = {',
    `    description = "${capital(pick(WORDS))} ${pick(WORDS)} and ${pick(WORDS)}";`,
    `    homepage = "https://${name}.example.org";`,
    `    license = lib.licenses.${pick(LICENSES)};`,
    ...(chance(0.3) ? ['    platforms = lib.platforms.unix;'] : []),
    ...(chance(0.004) ? ['    broken = true;'] : []),
    '  };',
  )
  const heads = [
    'stdenv.mkDerivation rec {',
    'stdenv.mkDerivation rec {',
    'stdenv.mkDerivation (self: {',
    'stdenv.mkDerivation rec {',
  ]
  const end = style === 2 ? '})' : '}'
  const start = style === 0 ? 'stdenv.mkDerivation {' : heads[style]
  return { text: `{\n${lines.join('\n')}\n}:\n\n${start}\n${body.join('\n')}\n${end}\n`, args }
}

function tailOf(optional) {
  if (optional === undefined) return ''
  return ` ++ lib.optional with${optional.replace(/[^a-z0-9]/g, '')} ${optional}`
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1)
}

const made = []
const variants = []
for (let i = own.length; i < count; i++) {
  const name = freshName()
  const { text, args } = packageText(name, made)
  const folder = join(byName, name.slice(0, 2), name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.nix'), text)
  if (chance(0.025)) {
    const input = args.find((arg) => usable.includes(arg))
    variants.push(
      input === undefined
        ? `  ${name}-patched = final.${name}.overrideAttrs (old: { version = old.version + ".1"; });`
        : `  ${name}-checked = final.${name}.override { ${input} = final.${input}.overrideAttrs { doCheck = true; }; };`,
    )
  }
  made.push(name)
}
if (variants.length > 0)
  writeFileSync(
    join(out, 'top-level/variants.nix'),
    `# Variants of packages under names of their own (written by scripts/grow-corpus.mjs).\nfinal: prev: {\n${variants.join('\n')}\n}\n`,
  )
console.log(`${target}: ${own.length + made.length} packages, ${variants.length} variants`)
