/**
 * Which of several undefined variables Nix reports (floor 3). It stops at the first that it meets, and it does not go through
 * an expression in the order of its text: attributes and formals come in the order of symbols, some operands the other way
 * round (nixexpr.cc, bindVars; parser.y for what operators are made of).
 */
import * as A from '../syntax/ast.ts'

/**
 * The place that Nix comes to first, of those (offsets of variables and inherited names) in `faults`; `rank` gives the order of
 * names. undefined: it comes to none.
 */
export function firstBound(
  root: A.Node,
  faults: ReadonlySet<number>,
  rank: (name: string) => number,
): number | undefined {
  /** What is still to be looked at, the next one last; a number: the place of an inherited name. */
  const todo: (A.Node | number)[] = [root]
  const later = (next: readonly (A.Node | number | null)[]): void => {
    for (let i = next.length - 1; i >= 0; i--) {
      const node = next[i]
      if (node !== null) todo.push(node)
    }
  }
  const sorted = <T extends { name: string }>(named: readonly T[]): T[] =>
    named
      .map((x) => ({ x, r: rank(x.name) }))
      .sort((a, b) => a.r - b.r)
      .map(({ x }) => x)
  const bindings = ({ attrs, dynamic, from }: A.AttrsNode): (A.Node | number | null)[] => [
    ...from,
    ...sorted(attrs).map(({ how, pos, value }) => (how === 'inherit' ? pos : value)),
    ...dynamic.flatMap(({ name, value }) => [name, value]),
  ]
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (typeof node === 'number') {
      if (faults.has(node)) return node
      continue
    }
    switch (node.kind) {
      case A.VAR:
      case A.SEARCH_PATH:
        if (faults.has(node.pos)) return node.pos
        break
      case A.INTERPOLATION:
        later(node.parts)
        break
      case A.LIST:
        later(node.items)
        break
      case A.ATTRS:
        later(bindings(node))
        break
      case A.LET:
        later([...bindings(node.attrs), node.body])
        break
      case A.SELECT:
        later([node.object, node.fallback, ...node.path.map(({ expr }) => expr)])
        break
      case A.HAS_ATTR:
        later([node.object, ...node.path.map(({ expr }) => expr)])
        break
      case A.LAMBDA:
        later([...sorted(node.formals?.list ?? []).map(({ fallback }) => fallback), node.body])
        break
      case A.CALL:
        later([node.fn, ...node.args])
        break
      case A.WITH:
        later([node.scope, node.body])
        break
      case A.IF:
        later([node.cond, node.then, node.else])
        break
      case A.ASSERT:
        later([node.cond, node.body])
        break
      case A.NOT:
      case A.NEGATE:
        later([node.expr])
        break
      case A.BINARY:
        // The operator's own function may be what is undefined.
        later([node.pos])
        // Both are made of `<` with its operands the other way round.
        if (node.op === '>' || node.op === '<=') later([node.right, node.left])
        else later([node.left, node.right])
        break
    }
  }
  return undefined
}
