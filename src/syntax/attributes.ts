/**
 * Attribute sets while they are being parsed (floor 2): look-up by name, nesting of attribute paths, merging of sets
 * that are defined piece by piece. Nothing here recurses.
 *
 * Behaviour: Nix's parser-state.hh, addAttr.
 */
import {
  ATTRS,
  type Attr,
  type AttrsNode,
  type DynamicAttr,
  LAMBDA,
  type Node,
  type PathStep,
} from './ast.ts'

/** A set that can still grow. `index` finds attributes by name once there are many. */
export interface AttrsDraft extends AttrsNode {
  index: Map<string, Attr> | null
}

/** A definition that clashes: the path to show, the position of the second definition and that of the first. */
export interface Duplicate {
  path: string[]
  pos: number
  previous: number
}

const INDEX_FROM = 8

/** What most sets have none of; see addDynamic and addFrom. */
const NO_DYNAMIC: DynamicAttr[] = []
const NO_FROM: Node[] = []

export function newAttrs(start: number, rec: boolean): AttrsDraft {
  return {
    kind: ATTRS,
    start,
    end: start,
    pos: start,
    rec,
    attrs: [],
    dynamic: NO_DYNAMIC,
    from: NO_FROM,
    index: null,
  }
}

export function findAttribute(set: AttrsDraft, name: string): Attr | undefined {
  const list = set.attrs
  if (set.index !== null) return set.index.get(name)
  if (list.length < INDEX_FROM) {
    for (let i = 0; i < list.length; i++) if (list[i].name === name) return list[i]
    return undefined
  }
  const index = new Map<string, Attr>()
  for (let i = 0; i < list.length; i++) index.set(list[i].name, list[i])
  set.index = index
  return index.get(name)
}

function addDynamic(set: AttrsDraft, attr: DynamicAttr): void {
  if (set.dynamic === NO_DYNAMIC) set.dynamic = [attr]
  else set.dynamic.push(attr)
}

/** Adds the expression of an `inherit (e)`; answers its index. */
export function addFrom(set: AttrsDraft, expr: Node): number {
  if (set.from === NO_FROM) set.from = [expr]
  else set.from.push(expr)
  return set.from.length - 1
}

/** Adds an attribute whose name is known to be free. */
export function appendAttribute(set: AttrsDraft, attr: Attr): void {
  set.attrs.push(attr)
  if (set.index !== null) set.index.set(attr.name, attr)
}

/** Defines `path = value` in `root`. Gives the clash, if there is one. */
export function addAttribute(root: AttrsDraft, path: PathStep[], pos: number, value: Node): Duplicate | null {
  let set = root
  const last = path.length - 1
  for (let i = 0; i < last; i++) {
    const { name, expr } = path[i]
    if (expr !== null) {
      const nested = newAttrs(pos, false)
      nested.end = value.end
      addDynamic(set, { name: expr, value: nested, pos })
      set = nested
      continue
    }
    const previous = findAttribute(set, name)
    if (previous === undefined) {
      const nested = newAttrs(pos, false)
      nested.end = value.end
      appendAttribute(set, {
        name,
        pos,
        how: 'plain',
        value: nested,
        from: -1,
      })
      set = nested
    } else if (previous.value !== null && previous.value.kind === ATTRS) set = previous.value as AttrsDraft
    else return { path: namesOf(path, i), pos, previous: previous.pos }
  }
  const { name, expr } = path[last]
  if (expr !== null) {
    addDynamic(set, { name: expr, value, pos })
    return null
  }
  const previous = define(set, name, pos, value)
  return previous === null ? null : clash(previous, value, namesOf(path, last), pos)
}

/** Defines `name = value` in `set`, which is what most definitions are. Gives the clash, if there is one. */
export function addPlain(set: AttrsDraft, name: string, pos: number, value: Node): Duplicate | null {
  const previous = define(set, name, pos, value)
  return previous === null ? null : clash(previous, value, [name], pos)
}

/** Adds an attribute if its name is free; answers the one that has the name. */
function define(set: AttrsDraft, name: string, pos: number, value: Node): Attr | null {
  const previous = findAttribute(set, name)
  if (previous !== undefined) return previous
  appendAttribute(set, { name, pos, how: 'plain', value, from: -1 })
  if (value.kind === LAMBDA) nameLambdas(value, name)
  return null
}

/** A name is defined a second time, which is right for two sets. */
function clash(previous: Attr, value: Node, path: string[], pos: number): Duplicate | null {
  if (previous.value === null || previous.value.kind !== ATTRS || value.kind !== ATTRS)
    return { path, pos, previous: previous.pos }
  return merge(previous.value as AttrsDraft, value as AttrsDraft, path)
}

/** The names up to and including step `last`. A clash is never behind a dynamic step: that begins a new set. */
function namesOf(path: PathStep[], last: number): string[] {
  const names: string[] = []
  for (let i = 0; i <= last; i++) names.push(path[i].name)
  return names
}

interface Merge {
  target: AttrsDraft
  source: AttrsDraft
  /** The source's attributes, in the order in which Nix visits them. */
  order: Attr[]
  next: number
  /** New indices of the source's `inherit (e)` expressions. */
  shift: number[] | null
}

/**
 * Moves the attributes of `source` into `target`; the `rec` of the source is lost (Nix issue 9020).
 */
function merge(target: AttrsDraft, source: AttrsDraft, path: string[]): Duplicate | null {
  const stack: Merge[] = [beginMerge(target, source)]
  while (stack.length > 0) {
    const top = stack[stack.length - 1]
    if (top.next === top.order.length) {
      for (let i = 0; i < top.source.dynamic.length; i++) addDynamic(top.target, top.source.dynamic[i])
      for (let i = 0; i < top.source.from.length; i++) addFrom(top.target, top.source.from[i])
      stack.pop()
      path.pop()
      continue
    }
    const attr = top.order[top.next++]
    const { name } = attr
    if (attr.how === 'from' && top.shift !== null) attr.from = top.shift[attr.from]
    const previous = findAttribute(top.target, name)
    if (previous === undefined) {
      appendAttribute(top.target, attr)
      if (attr.value !== null && attr.value.kind === LAMBDA) nameLambdas(attr.value, name)
      continue
    }
    path.push(name)
    const { value } = attr
    if (previous.value === null || previous.value.kind !== ATTRS || value === null || value.kind !== ATTRS)
      return { path, pos: attr.pos, previous: previous.pos }
    stack.push(beginMerge(previous.value as AttrsDraft, value as AttrsDraft))
  }
  return null
}

function beginMerge(target: AttrsDraft, source: AttrsDraft): Merge {
  return {
    target,
    source,
    order: visitOrder(target, source),
    next: 0,
    shift: shiftOf(target, source),
  }
}

/**
 * Nix visits attributes in the order in which their names first occurred in the program. That order shows only in which
 * of several clashes is reported, so names that the target has as well come in the target's order.
 */
function visitOrder(target: AttrsDraft, source: AttrsDraft): Attr[] {
  if (target.attrs.length === 0 || source.attrs.length < 2) return source.attrs
  let clashes = 0
  for (const attr of source.attrs) if (findAttribute(target, attr.name) !== undefined) clashes++
  if (clashes < 2) return source.attrs
  const both: Attr[] = []
  const fresh: Attr[] = []
  for (const attr of target.attrs) {
    const clash = findAttribute(source, attr.name)
    if (clash !== undefined) both.push(clash)
  }
  for (const attr of source.attrs) if (findAttribute(target, attr.name) === undefined) fresh.push(attr)
  return both.concat(fresh)
}

/**
 * Where the source's `inherit (e)` expressions end up in the target.
 *
 * Nix moves the index once for each attribute of the statement instead of once, so `inherit (e) a b` merged behind other
 * `inherit (…)` statements reads from a later one (2.34.8). Where that leads out of the list Nix's behaviour is
 * undefined, and the statement keeps its own expression.
 */
function shiftOf(target: AttrsDraft, source: AttrsDraft): number[] | null {
  const offset = target.from.length
  const count = source.from.length
  if (offset === 0 || count === 0) return null
  const uses: number[] = new Array(count).fill(0)
  for (const attr of source.attrs) if (attr.how === 'from') uses[attr.from]++
  return uses.map((n, i) => (i + n * offset < offset + count ? i + n * offset : i + offset))
}

/** Names a chain of lambdas after the attribute it is bound to (Nix: ExprLambda::setName). */
function nameLambdas(value: Node, name: string): void {
  let node = value
  while (node.kind === LAMBDA && node.name !== name) {
    node.name = name
    node = node.body
  }
}
