/**
 * Flakes on the command line (floor 7): `REF#ATTR` in, the value of an output out; lock files are written when asked.
 * Nix: flakeref.cc, installables.cc, installable-flake.cc.
 */
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { FlakeFrame, inputOptions } from '../builtins/flakes.ts'
import { NixError } from '../errors.ts'
import { type FlakeRef, parseFlakeRef, parseFlakeRefWithFragment, printFlakeRef } from '../fetch/flake-ref.ts'
import { sourcePathOf } from '../fetch/input.ts'
import type { LockedFlake } from '../fetch/lock.ts'
import {
  diffLockFiles,
  findUnlocked,
  parseInputPath,
  printInputPath,
  printLockFile,
} from '../fetch/lock-file.ts'
import { parseUrl, pathOfUrl, printUrl } from '../fetch/url.ts'
import { canonPath, joinPath, parentPath } from '../io/io.ts'
import { nodePath } from '../io/node/bytes.ts'
import { NodeIO } from '../io/node/node-io.ts'
import { parseAttrPath, selectPath } from '../runtime/attr-path.ts'
import { storePathNameProblem } from '../store/path.ts'
import { lookup } from '../values/attrs.ts'
import { suggestions } from '../values/suggest.ts'
import { Attrs, type Value } from '../values/value.ts'
import type { Flag } from './args.ts'
import { on } from './common-flags.ts'
import type { Session } from './session.ts'

/** What the flags say about locking. */
export interface FlakeFlags {
  write: boolean
  update: boolean
  registries: boolean
  output: string | undefined
  readonly overrides: Map<string, string>
}

/** The flags of commands that take a flake. */
export function flakeFlags(): { flags: FlakeFlags; table: [string, Flag][] } {
  const flags: FlakeFlags = {
    write: false,
    update: true,
    registries: true,
    output: undefined,
    overrides: new Map(),
  }
  const table: [string, Flag][] = [
    ['--write-lock-file', on(() => (flags.write = true))],
    ['--no-write-lock-file', on(() => (flags.write = false))],
    ['--no-update-lock-file', on(() => (flags.update = false))],
    ['--no-registries', on(() => (flags.registries = false))],
    ['--output-lock-file', { arity: 1, run: (path) => (flags.output = path) }],
    ['--override-input', { arity: 2, run: (path, ref) => flags.overrides.set(path, ref) }],
  ]
  return { flags, table }
}

/**
 * The output that `REF#ATTR` names: `packages.SYSTEM.ATTR`, `legacyPackages.SYSTEM.ATTR`, or ATTR itself; without ATTR
 * the default package. Throws NixError `flake '…' does not provide attribute …`.
 */
export async function flakeOutput(
  session: Session,
  operand: string,
  flags: FlakeFlags,
  autoArgs: Attrs,
): Promise<Value> {
  const { ref, fragment } = readOperand(session, withoutOutputs(operand))
  const flake = await lockAndCall(session, ref, flags)
  const outputs = await force(session, lookup(flake, session.evaluator.symbols.intern('outputs')) as Value)
  const { system } = session.evaluator.settings
  const paths =
    fragment === ''
      ? [`packages.${system}.default`, `defaultPackage.${system}`]
      : fragment.startsWith('.')
        ? [fragment.slice(1)]
        : [`packages.${system}.${fragment}`, `legacyPackages.${system}.${fragment}`, fragment]
  let nearest: string[] = []
  for (const path of paths) {
    const found = await walk(session, outputs, parseAttrPath(path))
    if (found === undefined) return session.run((m) => selectPath(m, outputs, path, autoArgs))
    nearest = [...nearest, ...found]
  }
  const names = paths.map((p) => `'${p}'`)
  const last = names.pop() as string
  throw new NixError(
    'eval',
    `flake '${printFlakeRef(ref)}' does not provide attribute ${names.length === 0 ? last : `${names.join(', ')} or ${last}`}`,
    { suggestions: nearest },
  )
}

/** `REF#ATTR` of `REF#ATTR^out,dev` or `REF#ATTR^*`: which outputs are meant is nothing to an evaluation. Nix: ExtendedOutputsSpec. */
function withoutOutputs(operand: string): string {
  const mark = operand.lastIndexOf('^')
  if (mark < 0) return operand
  const outputs = operand.slice(mark + 1)
  const bad = outputs === '*' ? undefined : outputs.split(',').find(storePathNameProblem)
  if (bad === undefined) return operand.slice(0, mark)
  throw new NixError('eval', `invalid extended outputs specifier '${operand}'`)
}

function force(session: Session, slot: Value): Promise<Value> {
  return session.run((m) => m.force(slot))
}

/** Goes along a path; answers undefined if it leads somewhere, else names that are like the one that is missing. */
async function walk(session: Session, root: Value, path: readonly string[]): Promise<string[] | undefined> {
  let at = root
  for (const [i, name] of path.entries()) {
    if (!(at instanceof Attrs)) {
      throw new NixError('type', `'${path.slice(0, i).join('.')}' is not an attribute set`)
    }
    const slot = lookup(at, session.evaluator.symbols.intern(name))
    if (slot === undefined) {
      const { shape } = at
      return suggestions(
        name,
        shape.syms.map((sym) => shape.symbols.names[sym]),
      )
    }
    at = await session.run((m) => m.force(slot))
  }
  return undefined
}

async function lockAndCall(session: Session, ref: FlakeRef, flags: FlakeFlags): Promise<Attrs> {
  const overrides = new Map<string, FlakeRef>()
  for (const [path, text] of flags.overrides) {
    overrides.set(printInputPath(parseInputPath(path)), readOperand(session, text).ref)
  }
  let wrote = false
  const call = (): Promise<Value> =>
    session.run((m) =>
      m.push(
        new FlakeFrame(m, ref, {
          allowUnlocked: true,
          useRegistries: flags.registries,
          overrides,
          warnConfig: !wrote,
          onLocked: (flake) => {
            if (!wrote) wrote = writeLock(session, flake, flags)
            return !wrote
          },
        }),
      ),
    )
  let value = await call()
  if (wrote && flags.output === undefined) {
    // The tree has changed by that.
    session.evaluator.machine.services.fetcher.forget()
    value = await call()
  }
  return value as Attrs
}

/** Writes a lock file that has changed, if that was asked for; answers whether it was. */
function writeLock(session: Session, flake: LockedFlake, flags: FlakeFlags): boolean {
  if (!flags.write && flags.output === undefined) {
    if (flags.update) return false
    throw new NixError(
      'eval',
      `flake '${printFlakeRef(flake.original)}' requires lock file changes but they're not allowed due to '--no-update-lock-file'`,
    )
  }
  const shown = printFlakeRef(flake.original)
  const unlocked = findUnlocked(flake.root)
  if (unlocked !== undefined) {
    session.program.warn(
      `not writing lock file of flake '${shown}' because it has an unlocked input ('${printFlakeRef(unlocked)}')`,
    )
    return false
  }
  const text = `${printLockFile(flake.root).text}\n`
  if (flags.output !== undefined) {
    replaceFile(session.path(flags.output), text)
    return true
  }
  const source = sourcePathOf(flake.original.input)
  if (source === undefined) {
    throw new NixError(
      'eval',
      `cannot write modified lock file of flake '${shown}' (use '--no-write-lock-file' to ignore)`,
    )
  }
  const relative = `${flake.original.dir === '' ? '' : `${flake.original.dir}/`}flake.lock`
  const path = joinPath(canonPath(source), relative)
  const exists = new NodeIO().fileType(path) !== undefined
  const diff = diffLockFiles(flake.old, flake.root).trimEnd()
  session.program.warn(
    exists ? `updating lock file "${path}":\n${diff}` : `creating lock file "${path}": \n${diff}`,
  )
  replaceFile(path, text)
  if (flake.original.input.get('type') === 'git') {
    // Git must know of the file, or the next fetch will not see it.
    spawnSync('git', ['-C', String(nodePath(canonPath(source))), 'add', '--intent-to-add', '--', relative])
  }
  return true
}

function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    fs.writeFileSync(nodePath(temporary), text, { encoding: 'latin1', flag: 'wx' })
    fs.renameSync(nodePath(temporary), nodePath(path))
  } catch (error) {
    fs.rmSync(nodePath(temporary), { force: true })
    throw new NixError('io', `cannot write lock file "${path}": ${(error as Error).message}`)
  }
}

// ------------------------------------------------------------------ references

/**
 * Reads an operand. A path is that of a flake: the directory itself, or the one above it that has a flake.nix; inside a
 * Git repository the flake is the repository's. Throws NixError. Nix: parsePathFlakeRefWithFragment.
 */
function readOperand(session: Session, operand: string): { ref: FlakeRef; fragment: string } {
  const options = inputOptions(session.evaluator.machine)
  const hash = operand.indexOf('#')
  const base = hash < 0 ? operand : operand.slice(0, hash)
  const isPath = base === '' || /^(?:\.{0,2}\/|\.{1,2}(?:$|[?#]))/.test(base)
  if (!isPath) {
    const read = parseFlakeRefWithFragment(operand, { ...options, relative: true })
    return { ref: absolute(session, read.ref, operand), fragment: read.fragment }
  }
  const { fragment } = parseFlakeRefWithFragment(`/x${hash < 0 ? '' : operand.slice(hash)}`, options)
  return { ref: localFlake(session, base), fragment }
}

/** `path:./x` and `git+file:./x` start from the current directory. */
function absolute(session: Session, ref: FlakeRef, operand: string): FlakeRef {
  const { input } = ref
  const path = input.get('path')
  if (input.get('type') === 'path' && typeof path === 'string' && !path.startsWith('/')) {
    if (!operand.startsWith('path:')) return localFlake(session, path)
    return { input: new Map([...input, ['path', session.path(path)]]), dir: ref.dir }
  }
  const url = input.get('url')
  if (!operand.startsWith('git+file:') || typeof url !== 'string') return ref
  const parsed = parseUrl(url)
  const relative = pathOfUrl(parsed)
  if (relative.startsWith('/')) return ref
  const at = printUrl({ ...parsed, path: session.path(relative).split('/') })
  return { input: new Map([...input, ['url', at]]), dir: ref.dir }
}

function localFlake(session: Session, text: string): FlakeRef {
  const io = new NodeIO()
  const options = inputOptions(session.evaluator.machine)
  const mark = text.indexOf('?')
  const query = mark < 0 ? '' : text.slice(mark)
  let path = session.path(mark < 0 ? text : text.slice(0, mark))
  const has = (name: string): boolean => io.fileType(joinPath(path, name)) !== undefined
  const type = io.fileType(io.realPath(path))
  if (type === undefined) throw new NixError('io', `getting status of "${path}": No such file or directory`)
  if (type !== 'directory') {
    if (!path.endsWith('/flake.nix')) {
      throw new NixError('eval', `path "${path}" is not a flake (because it's not a directory)`)
    }
    session.program.warn(
      `Path "${path}" should point at the directory containing the 'flake.nix' file, not the file itself. Pretending that you meant "${parentPath(path)}"`,
    )
    path = parentPath(path)
  }
  if (!has('flake.nix')) {
    session.program.log(`path "${path}" does not contain a 'flake.nix', searching up`)
    while (path !== '/' && !has('flake.nix')) {
      if (has('.git')) {
        throw new NixError(
          'eval',
          `path "${path}" is not part of a flake (neither it nor its parent directories contain a 'flake.nix' file)`,
        )
      }
      path = parentPath(path)
    }
    if (!has('flake.nix')) throw new NixError('eval', 'could not find a flake.nix file')
  }
  const flake = path
  let dir = ''
  for (; path !== '/'; path = parentPath(path)) {
    if (has('.git')) {
      const shallow = io.fileType(`${path}/.git/shallow`) !== undefined
      const extra = [...(dir === '' ? [] : [`dir=${encode(dir)}`]), ...(shallow ? ['shallow=1'] : [])].join(
        '&',
      )
      const all = [query.slice(1), extra].filter((part) => part !== '').join('&')
      return parseFlakeRef(`git+file://${encode(path)}${all === '' ? '' : `?${all}`}`, options)
    }
    const name = path.slice(path.lastIndexOf('/') + 1)
    dir = dir === '' ? name : `${name}/${dir}`
  }
  return parseFlakeRef(`path:${encode(flake)}${query}`, options)
}

function encode(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~/:@]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
