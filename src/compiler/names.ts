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
function pushParts(node: A.Node, todo: A.Node[]): void {
  const some = (nodes: readonly (A.Node | null)[]): void => {
    for (const part of nodes) if (part !== null) todo.push(part)
  }
  const bindings = ({ attrs, dynamic, from }: A.AttrsNode): void => {
    some(from)
    for (const { value } of attrs) if (value !== null) todo.push(value)
    for (const { name, value } of dynamic) todo.push(name, value)
  }
  switch (node.kind) {
    case A.INTERPOLATION:
      some(node.parts)
      break
    case A.LIST:
      some(node.items)
      break
    case A.ATTRS:
      bindings(node)
      break
    case A.LET:
      bindings(node.attrs)
      todo.push(node.body)
      break
    case A.SELECT:
      some([node.object, node.fallback, ...node.path.map((step) => step.expr)])
      break
    case A.HAS_ATTR:
      some([node.object, ...node.path.map((step) => step.expr)])
      break
    case A.LAMBDA:
      if (node.formals !== null) some(node.formals.list.map((formal) => formal.fallback))
      todo.push(node.body)
      break
    case A.CALL:
      some(node.args)
      todo.push(node.fn)
      break
    case A.WITH:
      todo.push(node.scope, node.body)
      break
    case A.IF:
      todo.push(node.cond, node.then, node.else)
      break
    case A.ASSERT:
      todo.push(node.cond, node.body)
      break
    case A.NOT:
    case A.NEGATE:
      todo.push(node.expr)
      break
    case A.BINARY:
      todo.push(node.left, node.right)
      break
  }
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
        case A.INTERPOLATION:
          this.#push(node.parts)
          break
        case A.LIST:
          this.#push(node.items)
          break
        case A.ATTRS:
          if (!this.#attrs(node, node.rec, null)) return false
          break
        case A.LET:
          if (!this.#attrs(node.attrs, true, node.body)) return false
          break
        case A.SELECT:
          if (node.fallback !== null) todo.push(node.fallback)
          this.#path(node.path)
          todo.push(node.object)
          break
        case A.HAS_ATTR:
          this.#path(node.path)
          todo.push(node.object)
          break
        case A.LAMBDA: {
          const { formals, param } = node
          const names: string[] = param === null ? [] : [param]
          todo.push(null)
          if (formals !== null) {
            const { list } = formals
            for (let i = 0; i < list.length; i++) {
              const { fallback, name } = list[i]
              names.push(name)
              if (fallback !== null) todo.push(fallback)
            }
          }
          this.enter(names)
          todo.push(node.body)
          break
        }
        case A.CALL:
          this.#push(node.args)
          todo.push(node.fn)
          break
        case A.WITH:
          // Any name may mean something in its body.
          todo.push(node.scope)
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
    return true
  }

  #push(nodes: readonly A.Node[]): void {
    for (let i = 0; i < nodes.length; i++) this.#todo.push(nodes[i])
  }

  #path(path: readonly A.PathStep[]): void {
    for (let i = 0; i < path.length; i++) {
      const { expr } = path[i]
      if (expr !== null) this.#todo.push(expr)
    }
  }

  /** A set, or the bindings of a `let` and its body. `scope`: its names are in scope inside. */
  #attrs(set: A.AttrsNode, scope: boolean, body: A.Node | null): boolean {
    const todo = this.#todo
    const { attrs, dynamic } = set
    for (let i = 0; i < attrs.length; i++) {
      if (attrs[i].how === 'inherit' && !this.#means(attrs[i].name)) return false
    }
    if (scope) {
      const names: string[] = []
      for (let i = 0; i < attrs.length; i++) names.push(attrs[i].name)
      this.enter(names)
      todo.push(null)
    }
    this.#push(set.from)
    for (let i = 0; i < attrs.length; i++) {
      const { value } = attrs[i]
      if (value !== null) todo.push(value)
    }
    for (let i = 0; i < dynamic.length; i++) todo.push(dynamic[i].name, dynamic[i].value)
    if (body !== null) todo.push(body)
    return true
  }
}
