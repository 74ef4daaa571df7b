/**
 * Lock files (floor 2): what `flake.lock` says as a graph, the graph as text, and what changed between two.
 * Nix: libflake/lockfile.cc.
 */
import { NixError } from '../errors.ts'
import {
  type FlakeRef,
  flakeRefFromAttrs,
  flakeRefToAttrs,
  printFlakeRef,
  sameFlakeRef,
} from './flake-ref.ts'
import {
  type InputOptions,
  isLocked,
  maybeInt,
  narHashOf,
  relativePath,
  showInput,
  withAttrs,
} from './input.ts'
import { attrsOfJson } from './registry.ts'

/** The way from the root to an input: the names of the inputs. */
export type InputPath = readonly string[]

/** What an input stands for: a node, or what another input stands for. */
export type Edge = LockNode | InputPath

/** Where a node's flake is. */
export interface Lock {
  /** What is fetched; its input is final. */
  readonly locked: FlakeRef
  /** What flake.nix says. */
  readonly original: FlakeRef
  readonly isFlake: boolean
  /** Relative paths: the node in whose tree the flake lies. */
  readonly parent: InputPath | undefined
}

/** A node of the graph; the root has no lock. */
export class LockNode {
  readonly lock: Lock | undefined
  readonly inputs: Map<string, Edge> = new Map()
  constructor(lock: Lock | undefined) {
    this.lock = lock
  }
}

/** Inputs that stand for inputs that stand for inputs. */
const MAX_FOLLOWS = 1000

function error(message: string): NixError {
  return new NixError('eval', message)
}

/** `a/b` for a path of inputs. */
export function printInputPath(path: InputPath): string {
  return path.join('/')
}

/** The elements of `a/b`. Throws NixError for what cannot be the name of an input. */
export function parseInputPath(text: string): string[] {
  const path = text.split('/').filter((part) => part !== '')
  for (const part of path) {
    if (!/^[a-zA-Z][a-zA-Z0-9_-]*$/.test(part)) {
      throw new NixError('usage', `invalid flake input attribute path element '${part}'`)
    }
  }
  return path
}

interface JsonNode {
  readonly inputs?: Record<string, string | string[]>
  readonly locked?: unknown
  readonly info?: unknown
  readonly original?: unknown
  readonly flake?: boolean
  readonly parent?: string[]
}

/**
 * Reads a lock file. Throws NixError `Could not parse '…': …`, `lock file '…' has unsupported version 3`,
 * `lock file references missing node 'x'`, `Lock file contains unlocked input '…'` and for bad attributes.
 */
export function parseLockFile(contents: string, path: string, options: InputOptions): LockNode {
  let json: { version?: number; root?: string; nodes?: Record<string, JsonNode> }
  try {
    // The file is UTF-8 and stays so: byte strings go through JSON unchanged.
    json = JSON.parse(contents) as typeof json
  } catch (e) {
    throw error(`Could not parse '${path}': ${(e as Error).message}`)
  }
  const version = json.version ?? 0
  if (version < 5 || version > 7) throw error(`lock file '${path}' has unsupported version ${version}`)
  const nodes = json.nodes ?? {}
  const rootKey = json.root ?? 'root'
  const root = new LockNode(undefined)
  const made = new Map<string, LockNode>([[rootKey, root]])
  const todo: [LockNode, JsonNode][] = [[root, own(nodes, rootKey) ?? {}]]
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    const [node, described] = at
    const inputs = described.inputs ?? {}
    for (const name of Object.keys(inputs).sort()) {
      const target = inputs[name]
      if (Array.isArray(target)) {
        node.inputs.set(name, target)
        continue
      }
      let child = made.get(target)
      if (child === undefined) {
        const found = own(nodes, target)
        if (found === undefined) throw error(`lock file references missing node '${target}'`)
        child = new LockNode(readLock(found, options))
        made.set(target, child)
        todo.push([child, found])
      } else if (child === root) throw error('lock file contains cycle to root node')
      node.inputs.set(name, child)
    }
  }
  return root
}

function own(nodes: Record<string, JsonNode>, key: string): JsonNode | undefined {
  return Object.hasOwn(nodes, key) ? nodes[key] : undefined
}

function readLock(node: JsonNode, options: InputOptions): Lock {
  if (node.locked === undefined) throw error("attribute 'locked' missing in lock file")
  if (node.original === undefined) throw error("attribute 'original' missing in lock file")
  const attrs = new Map([...attrsOfJson(node.locked), ...attrsOfJson(node.info)])
  const locked = flakeRefFromAttrs(attrs, options)
  const { input } = locked
  if (!isLocked(input) && relativePath(input) === undefined) {
    if (narHashOf(input) === undefined) {
      throw error(
        `Lock file contains unlocked input '${showInput(input)}'. Use '--allow-dirty-locks' to accept this lock file.`,
      )
    }
    options.warn(
      `Lock file entry '${printFlakeRef(locked)}' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash. This is not reproducible and will break after garbage collection or when shared.`,
    )
  }
  return {
    locked: { input: withAttrs(input, { __final: true }), dir: locked.dir },
    original: flakeRefFromAttrs(attrsOfJson(node.original), options),
    isFlake: node.flake ?? true,
    parent: node.parent,
  }
}

/** A graph as JSON text, and what each node is called in it. Nix: LockFile::toJSON. */
export function printLockFile(root: LockNode): { text: string; keys: Map<LockNode, string> } {
  const keys = new Map<LockNode, string>()
  const taken = new Set<string>()
  const nodes: Record<string, unknown> = {}
  // Depth first, a node's name is settled before those of its inputs.
  const visit = (key: string, node: LockNode): string => {
    const known = keys.get(node)
    if (known !== undefined) return known
    let name = key
    for (let n = 2; taken.has(name); n++) name = `${key}_${n}`
    taken.add(name)
    keys.set(node, name)
    return name
  }
  interface Open {
    readonly node: LockNode
    readonly key: string
    readonly names: readonly string[]
    readonly inputs: Record<string, string | InputPath>
    at: number
  }
  const open = (key: string, node: LockNode): Open => ({
    node,
    key: visit(key, node),
    names: [...node.inputs.keys()].sort(),
    inputs: {},
    at: 0,
  })
  const stack: Open[] = [open('root', root)]
  for (let top = stack[stack.length - 1]; top !== undefined; top = stack[stack.length - 1]) {
    if (top.at < top.names.length) {
      const name = top.names[top.at++]
      const edge = top.node.inputs.get(name) as Edge
      if (!(edge instanceof LockNode)) {
        top.inputs[name] = edge
        continue
      }
      const known = keys.get(edge)
      if (known !== undefined) top.inputs[name] = known
      else {
        const child = open(name, edge)
        top.inputs[name] = child.key
        stack.push(child)
      }
      continue
    }
    stack.pop()
    const { lock } = top.node
    nodes[top.key] = {
      ...(lock === undefined || lock.isFlake ? {} : { flake: false }),
      ...(top.names.length === 0 ? {} : { inputs: top.inputs }),
      ...(lock === undefined
        ? {}
        : {
            locked: asJson(withoutFinal(lock.locked)),
            original: asJson(lock.original),
            ...(lock.parent === undefined ? {} : { parent: lock.parent }),
          }),
    }
  }
  const sorted = Object.fromEntries(
    Object.keys(nodes)
      .sort()
      .map((key) => [key, nodes[key]]),
  )
  return { text: JSON.stringify({ nodes: sorted, root: 'root', version: 7 }, null, 2), keys }
}

function withoutFinal(ref: FlakeRef): FlakeRef {
  return { input: withAttrs(ref.input, { __final: undefined }), dir: ref.dir }
}

function asJson(ref: FlakeRef): Record<string, unknown> {
  const attrs = flakeRefToAttrs(ref)
  return Object.fromEntries([...attrs.keys()].sort().map((name) => [name, attrs.get(name)]))
}

/** The node that a path of inputs leads to. Throws NixError `follow cycle detected: […]`. */
function findInput(root: LockNode, path: InputPath): LockNode | undefined {
  const visited: string[] = []
  const find = (from: InputPath): LockNode | undefined => {
    const shown = printInputPath(from)
    const before = visited.indexOf(shown)
    if (visited.length > MAX_FOLLOWS) throw error(`input '${shown}' follows too many others`)
    if (before >= 0) throw error(`follow cycle detected: [${[...visited.slice(before), shown].join(' -> ')}]`)
    visited.push(shown)
    let at = root
    for (const name of from) {
      const edge = at.inputs.get(name)
      if (edge === undefined) return undefined
      const next = edge instanceof LockNode ? edge : find(edge)
      if (next === undefined) return undefined
      at = next
    }
    return at
  }
  return find(path)
}

/** All inputs by their paths; a node that is met again is not gone into. */
function allInputs(root: LockNode): Map<string, Edge> {
  const out = new Map<string, Edge>()
  const done = new Set<LockNode>()
  const todo: [string[], LockNode][] = [[[], root]]
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    const [path, node] = at
    if (done.has(node)) continue
    done.add(node)
    const children: [string[], LockNode][] = []
    for (const name of [...node.inputs.keys()].sort()) {
      const edge = node.inputs.get(name) as Edge
      const place = [...path, name]
      out.set(place.join('\0'), edge)
      if (edge instanceof LockNode) children.push([place, edge])
    }
    todo.push(...children.reverse())
  }
  return out
}

/** Throws NixError for an input that follows one that is not there. Nix: LockFile::check. */
export function checkLockFile(root: LockNode): void {
  const inputs = allInputs(root)
  for (const key of [...inputs.keys()].sort()) {
    const edge = inputs.get(key) as Edge
    if (edge instanceof LockNode || edge.length === 0 || findInput(root, edge) !== undefined) continue
    throw error(`input '${key.replaceAll('\0', '/')}' follows a non-existent input '${printInputPath(edge)}'`)
  }
}

function describe(edge: Edge): string {
  if (!(edge instanceof LockNode)) return `follows '${printInputPath(edge)}'`
  const { locked } = edge.lock as Lock
  const time = maybeInt(locked.input, 'lastModified')
  const date = time === undefined ? '' : ` (${new Date(time * 1000).toISOString().slice(0, 10)})`
  return `'${printFlakeRef(withoutFinal(locked))}'${date}`
}

function sameEdge(a: Edge, b: Edge): boolean {
  if (a instanceof LockNode) {
    return b instanceof LockNode && sameFlakeRef((a.lock as Lock).locked, (b.lock as Lock).locked)
  }
  return !(b instanceof LockNode) && printInputPath(a) === printInputPath(b)
}

/** What changed from one graph to another, as Nix tells it. */
export function diffLockFiles(before: LockNode, after: LockNode): string {
  const old = allInputs(before)
  const fresh = allInputs(after)
  let out = ''
  const bullet = '\xe2\x80\xa2'
  for (const key of [...new Set([...old.keys(), ...fresh.keys()])].sort()) {
    const was = old.get(key)
    const is = fresh.get(key)
    const name = key.replaceAll('\0', '/')
    if (was === undefined) out += `${bullet} Added input '${name}':\n    ${describe(is as Edge)}\n`
    else if (is === undefined) out += `${bullet} Removed input '${name}'\n`
    else if (!sameEdge(was, is)) {
      out += `${bullet} Updated input '${name}':\n    ${describe(was)}\n  \xe2\x86\x92 ${describe(is)}\n`
    }
  }
  return out
}

/** An input that may change, so that the file should not be written; undefined if there is none. */
export function findUnlocked(root: LockNode): FlakeRef | undefined {
  for (const edge of allInputs(root).values()) {
    if (!(edge instanceof LockNode)) continue
    const { locked } = edge.lock as Lock
    if (
      relativePath(locked.input) === undefined &&
      (!isLocked(locked.input) || locked.input.get('__final') !== true)
    ) {
      return locked
    }
  }
  return undefined
}
