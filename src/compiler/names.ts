/**
 * What walks over the tree tell about names (floor 3), compiling nothing. Whether every name of a file means something: then
 * it can be compiled unit by unit, when a unit is first run, without an undefined variable coming to light late.
 */
import * as A from '../syntax/ast.ts'

/** Names that syntax stands for: operators are calls of functions that a program may bind. */
const IMPLIED: readonly string[] = ['__sub', '__mul', '__div', '__lessThan', '__findFile', '__nixPath']

/** How many scopes round the place at hand bind a name. */
interface Bound {
  times: number
}

/**
 * Answers true when no variable is undefined; false when one may be, and the compiler has to say which. `outer`: names bound
 * round the whole file.
 */
export function allBound(
  root: A.Node,
  globals: ReadonlyMap<string, number>,
  outer: readonly string[],
): boolean {
  for (const name of IMPLIED) if (!globals.has(name)) return false
  const walk = new Walk(globals)
  walk.enter(outer.slice())
  return walk.all(root)
}

/** Whether a name that a `let` binds stands in one place of it only, whatever it may mean there. Of a very big one: no. */
export function standsOnce(node: A.LetNode, name: string): boolean {
  const todo: A.Node[] = [node]
  let times = 0
  for (let n = 0; todo.length > 0; n++) {
    const next = todo.pop() as A.Node
    if (n > MOST_NODES) return false
    if (next.kind === A.VAR) {
      if (next.name === name && ++times > 1) return false
    } else if (next.kind === A.ATTRS || next.kind === A.LET) {
      const { attrs } = next.kind === A.LET ? next.attrs : next
      for (let i = 0; i < attrs.length; i++)
        if (attrs[i].how === 'inherit' && attrs[i].name === name && ++times > 1) return false
    }
    pushParts(next, todo)
  }
  return times === 1
}

const MOST_NODES = 20_000

/** Puts what a node consists of on a stack. */
function pushParts(node: A.Node, todo: (A.Node | null)[]): void {
  switch (node.kind) {
    case A.INTERPOLATION:
      pushAll(node.parts, todo)
      break
    case A.LIST:
      pushAll(node.items, todo)
      break
    case A.ATTRS:
      pushBindings(node, todo)
      break
    case A.LET:
      pushBindings(node.attrs, todo)
      todo.push(node.body)
      break
    case A.SELECT:
    case A.HAS_ATTR:
      if (node.kind === A.SELECT && node.fallback !== null) todo.push(node.fallback)
      pushPath(node.path, todo)
      todo.push(node.object)
      break
    case A.LAMBDA:
      if (node.formals !== null) {
        for (const { fallback } of node.formals.list) if (fallback !== null) todo.push(fallback)
      }
      todo.push(node.body)
      break
    case A.CALL:
      pushAll(node.args, todo)
      todo.push(node.fn)
      break
    case A.WITH:
      todo.push(node.body, node.scope)
      break
    case A.IF:
      todo.push(node.else, node.then, node.cond)
      break
    case A.ASSERT:
      todo.push(node.body, node.cond)
      break
    case A.NOT:
    case A.NEGATE:
      todo.push(node.expr)
      break
    case A.BINARY:
      todo.push(node.right, node.left)
      break
  }
}

function pushAll(nodes: readonly A.Node[], todo: (A.Node | null)[]): void {
  for (let i = 0; i < nodes.length; i++) todo.push(nodes[i])
}

function pushPath(path: readonly A.PathStep[], todo: (A.Node | null)[]): void {
  for (let i = 0; i < path.length; i++) {
    const { expr } = path[i]
    if (expr !== null) todo.push(expr)
  }
}

function pushBindings({ attrs, dynamic, from }: A.AttrsNode, todo: (A.Node | null)[]): void {
  pushAll(from, todo)
  for (let i = 0; i < attrs.length; i++) {
    const { value } = attrs[i]
    if (value !== null) todo.push(value)
  }
  for (let i = 0; i < dynamic.length; i++) todo.push(dynamic[i].name, dynamic[i].value)
}

class Walk {
  readonly #globals: ReadonlyMap<string, number>
  readonly #bound = new Map<string, Bound>()
  /** What is still to be looked at, the next one last; null: the innermost scope ends. */
  readonly #todo: (A.Node | null)[] = []
  readonly #scopes: Bound[][] = []

  constructor(globals: ReadonlyMap<string, number>) {
    this.#globals = globals
  }

  enter(names: readonly string[]): void {
    const scope: Bound[] = []
    const bound = this.#bound
    for (let i = 0; i < names.length; i++) {
      const name = names[i]
      let b = bound.get(name)
      if (b === undefined) {
        b = { times: 1 }
        bound.set(name, b)
      } else b.times++
      scope.push(b)
    }
    this.#scopes.push(scope)
  }

  #leave(): void {
    const scope = this.#scopes.pop() as Bound[]
    for (let i = 0; i < scope.length; i++) scope[i].times--
  }

  #means(name: string): boolean {
    const b = this.#bound.get(name)
    return (b !== undefined && b.times > 0) || this.#globals.has(name)
  }

  all(root: A.Node): boolean {
    const todo = this.#todo
    todo.push(root)
    while (todo.length > 0) {
      const node = todo.pop() as A.Node | null
      if (node === null) {
        this.#leave()
        continue
      }
      switch (node.kind) {
        case A.VAR:
          if (!this.#means(node.name)) return false
          break
        case A.ATTRS:
          if (!this.#attrs(node, node.rec, null)) return false
          break
        case A.LET:
          if (!this.#attrs(node.attrs, true, node.body)) return false
          break
        case A.LAMBDA: {
          const { formals, param } = node
          const names: string[] = param === null ? [] : [param]
          if (formals !== null) {
            const { list } = formals
            for (let i = 0; i < list.length; i++) names.push(list[i].name)
          }
          this.enter(names)
          todo.push(null)
          pushParts(node, todo)
          break
        }
        case A.WITH:
          // Any name may mean something in its body.
          todo.push(node.scope)
          break
        default:
          pushParts(node, todo)
      }
    }
    return true
  }

  /** A set, or the bindings of a `let` and its body. `scope`: its names are in scope inside. */
  #attrs(set: A.AttrsNode, scope: boolean, body: A.Node | null): boolean {
    const todo = this.#todo
    const { attrs } = set
    for (let i = 0; i < attrs.length; i++) {
      if (attrs[i].how === 'inherit' && !this.#means(attrs[i].name)) return false
    }
    if (scope) {
      const names: string[] = []
      for (let i = 0; i < attrs.length; i++) names.push(attrs[i].name)
      this.enter(names)
      todo.push(null)
    }
    pushBindings(set, todo)
    if (body !== null) todo.push(body)
    return true
  }
}
