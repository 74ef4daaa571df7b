// Adds to package-lock.json the entries of platform packages that npm could not see when it wrote the file. A registry that
// holds only some platforms makes npm leave the others out, and `npm ci` then refuses the file everywhere.
// Usage: node scripts/complete-lock.mjs, after an `npm install` that changed the file. `npm ci` fetches only the packages
// that fit the machine; an entry written here has no checksum, which npm allows.
import { readFileSync, writeFileSync } from 'node:fs'

const OS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const CPU = ['arm64', 'x64', 'arm', 'ia32', 'ppc64', 's390x', 'wasm32']
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
let added = 0
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const entry = `node_modules/${name}`
    if (path === '' || entry in lock.packages || !/^\d/.test(version)) continue
    const words = name.split(/[/-]/)
    const os = OS.filter((word) => words.includes(word))
    const cpu = CPU.filter((word) => words.includes(word))
    if (cpu.length === 0) throw new Error(`${name}: which platform is it for?`)
    const libc =
      os[0] !== 'linux'
        ? undefined
        : words.includes('musl')
          ? ['musl']
          : words.includes('gnu')
            ? ['glibc']
            : undefined
    lock.packages[entry] = {
      version,
      cpu,
      ...(dev ? { dev } : {}),
      ...(libc ? { libc } : {}),
      optional: true,
      ...(os.length > 0 ? { os } : {}),
    }
    added++
  }
}
const [first, ...rest] = Object.entries(lock.packages)
lock.packages = Object.fromEntries([first, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))])
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
console.log(`package-lock.json: ${added} entries added`)
