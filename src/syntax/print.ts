/**
 * Trees as text (floor 2): the form that `nix-instantiate --parse` prints, with everything desugared, and an outline for
 * `firnix dump ast`. Neither recurses: what is still to be printed waits on a stack.
 *
 * Behaviour: Nix's nixexpr.cc (the `show` methods) and print.cc.
 */
import { canonPath } from '../io/io.ts'
import { quoteName, quoteString } from '../quote.ts'
import {
  ASSERT,
  ATTRS,
  type Attr,
  type AttrsNode,
  BINARY,
  type BinaryNode,
  CALL,
  CUR_POS,
  FLOAT,
  HAS_ATTR,
  IF,
  INT,
  INTERPOLATION,
  LAMBDA,
  type LambdaNode,
  LET,
  LIST,
  NEGATE,
  NOT,
  type Node,
  PATH,
  type PathNode,
  type PathStep,
  SEARCH_PATH,
  SELECT,
  STRING,
  VAR,
  WITH,
} from './ast.ts'

/** What is still to be printed, the last item first. */
type Work = (string | Node)[]

/**
 * The tree as `nix-instantiate --parse` prints it; also the text of a condition in "assertion '…' failed".
 * Paths come out absolute: relative ones under `basePath`, `~` as `home`.
 */
export function printAst(node: Node, basePath: string, home: string): string {
  const out: string[] = []
  const work: Work = [node]
  const items: Work = []
  while (work.length > 0) {
    const item = work.pop() as string | Node
    if (typeof item === 'string') {
      out.push(item)
      continue
    }
    show(item, items, basePath, home)
    while (items.length > 0) work.push(items.pop() as string | Node)
  }
  return out.join('')
}

/** The pieces of one node, in order. */
function show(node: Node, out: Work, basePath: string, home: string): void {
  switch (node.kind) {
    case INT:
      out.push(node.value.toString())
      return
    case FLOAT:
      out.push(formatFloat(node.value))
      return
    case STRING:
      out.push(quoteString(node.value))
      return
    case INTERPOLATION:
      out.push('(')
      for (let i = 0; i < node.parts.length; i++) {
        if (i > 0) out.push(' + ')
        out.push(node.parts[i])
      }
      out.push(')')
      return
    case PATH:
      out.push(absolutePath(node, basePath, home))
      return
    case VAR:
      out.push(quoteName(node.name))
      return
    case CUR_POS:
      out.push('__curPos')
      return
    case LIST:
      out.push('[ ')
      for (const element of node.items) out.push('(', element, ') ')
      out.push(']')
      return
    case ATTRS:
      out.push(node.rec ? 'rec { ' : '{ ')
      showBindings(node, out)
      out.push('}')
      return
    case SELECT:
      out.push('(', node.object, ').')
      showPath(node.path, out)
      if (node.fallback !== null) out.push(' or (', node.fallback, ')')
      return
    case HAS_ATTR:
      out.push('((', node.object, ') ? ')
      showPath(node.path, out)
      out.push(')')
      return
    case LAMBDA:
      showLambda(node, out)
      return
    case CALL:
      out.push('(')
      // The call that `e or` stands for is one of its own; its argument has the place of `e`.
      if (node.args[0].start === node.fn.start || !showDesugared(node.fn, out)) out.push(node.fn)
      for (const arg of node.args) out.push(' ', arg)
      out.push(')')
      return
    case LET:
      out.push('(let ')
      showBindings(node.attrs, out)
      out.push('in ', node.body, ')')
      return
    case WITH:
      out.push('(with ', node.scope, '; ', node.body, ')')
      return
    case IF:
      out.push('(if ', node.cond, ' then ', node.then, ' else ', node.else, ')')
      return
    case ASSERT:
      out.push('assert ', node.cond, '; ', node.body)
      return
    case NOT:
      out.push('(! ', node.expr, ')')
      return
    case BINARY:
      if (node.op === '<=') out.push('(! (__lessThan ', node.right, ' ', node.left, '))')
      else if (node.op === '>=') out.push('(! (__lessThan ', node.left, ' ', node.right, '))')
      else {
        out.push('(')
        if (!showDesugared(node, out)) out.push(node.left, ` ${node.op} `, node.right)
        out.push(')')
      }
      return
    default:
      out.push('(')
      showDesugared(node, out)
      out.push(')')
  }
}

/** The function and first arguments of a node that Nix makes a call of; false for another node. */
function showDesugared(node: Node, out: Work): boolean {
  switch (node.kind) {
    case NEGATE:
      out.push('__sub 0 ', node.expr)
      return true
    case SEARCH_PATH:
      out.push(`__findFile __nixPath ${quoteString(node.value)}`)
      return true
    case BINARY:
      return showOperatorCall(node, out)
    default:
      return false
  }
}

function showOperatorCall(node: BinaryNode, out: Work): boolean {
  switch (node.op) {
    case '-':
      out.push('__sub ', node.left, ' ', node.right)
      return true
    case '*':
      out.push('__mul ', node.left, ' ', node.right)
      return true
    case '/':
      out.push('__div ', node.left, ' ', node.right)
      return true
    case '<':
      out.push('__lessThan ', node.left, ' ', node.right)
      return true
    case '>':
      out.push('__lessThan ', node.right, ' ', node.left)
      return true
    default:
      return false
  }
}

function showPath(path: PathStep[], out: Work): void {
  for (let i = 0; i < path.length; i++) {
    if (i > 0) out.push('.')
    const { name, expr } = path[i]
    if (expr === null) out.push(quoteName(name))
    else out.push('"${', expr, '}"')
  }
}

function showLambda(node: LambdaNode, out: Work): void {
  const { formals, param } = node
  out.push('(')
  if (formals !== null) {
    out.push('{ ')
    let first = true
    for (const { name, fallback } of [...formals.list].sort(byName)) {
      if (!first) out.push(', ')
      first = false
      out.push(quoteName(name))
      if (fallback !== null) out.push(' ? ', fallback)
    }
    if (formals.ellipsis) out.push(first ? '...' : ', ...')
    out.push(' }')
    if (param !== null) out.push(' @ ')
  }
  if (param !== null) out.push(quoteName(param))
  out.push(': ', node.body, ')')
}

/** `inherit`, then `inherit (e)` by source, then the others, then the dynamic ones. */
function showBindings(node: AttrsNode, out: Work): void {
  const sorted = [...node.attrs].sort(byName)
  const plain: Attr[] = []
  const inherited: string[] = []
  const from: string[][] = []
  for (const attr of sorted) {
    if (attr.how === 'plain') plain.push(attr)
    else if (attr.how === 'inherit') inherited.push(quoteName(attr.name))
    else {
      from[attr.from] ??= []
      from[attr.from].push(quoteName(attr.name))
    }
  }
  if (inherited.length > 0) out.push(`inherit ${inherited.join(' ')}; `)
  for (let i = 0; i < from.length; i++)
    if (from[i] !== undefined) out.push('inherit (', node.from[i], `) ${from[i].join(' ')}; `)
  for (const { name, value } of plain) out.push(`${quoteName(name)} = `, value as Node, '; ')
  for (const { name, value } of node.dynamic) out.push('"${', name, '}" = ', value, '; ')
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** The path that a literal means; a `/` at the end, before an interpolation, stays. */
function absolutePath(node: PathNode, basePath: string, home: string): string {
  const { base, value } = node
  if (base === 'home') return home + value.substring(1)
  const path = canonPath(base === 'absolute' ? value : `${basePath}/${value}`)
  return value.length > 1 && value.endsWith('/') ? `${path}/` : path
}

/** As a C++ stream prints it: `%g`, six significant digits, exact ties to even. Float literals have no sign. */
function formatFloat(value: number): string {
  if (value === 0) return '0'
  const exact = value.toExponential(40)
  let [mantissa, exponent] = value.toExponential(5).split('e')
  // JavaScript rounds ties up.
  if (/^50*e/.test(exact.substring(7)) && Number(exact[6]) % 2 === 0) mantissa = exact.substring(0, 7)
  const power = Number(exponent)
  const digits = mantissa.replace('.', '').replace(/0+$/, '')
  if (power >= 0 && power < 6) {
    const whole = digits.padEnd(power + 1, '0')
    return whole.length === power + 1
      ? whole
      : `${whole.substring(0, power + 1)}.${whole.substring(power + 1)}`
  }
  if (power < 0 && power >= -4) return `0.${'0'.repeat(-power - 1)}${digits}`
  const size = Math.abs(power)
  const fraction = digits.length === 1 ? '' : `.${digits.substring(1)}`
  return `${digits[0]}${fraction}e${power < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`
}

const KIND_NAMES: readonly string[] = [
  'int',
  'float',
  'string',
  'interpolation',
  'path',
  'search-path',
  'var',
  'cur-pos',
  'list',
  'attrs',
  'select',
  'has-attr',
  'lambda',
  'call',
  'let',
  'with',
  'if',
  'assert',
  'not',
  'negate',
  'binary',
]

interface Entry {
  depth: number
  label: string
  node: Node | null
}

/**
 * The tree as an outline, for `firnix dump ast`: one line per node, two spaces per level:
 * `[ROLE: ]KIND [DETAIL] START-END @POS`.
 */
export function dumpAst(node: Node): string {
  const lines: string[] = []
  const work: Entry[] = [{ depth: 0, label: '', node }]
  while (work.length > 0) {
    const { depth, label, node } = work.pop() as Entry
    const indent = '  '.repeat(depth)
    if (node === null) {
      lines.push(`${indent}${label}`)
      continue
    }
    const detail = detailOf(node)
    const role = label === '' ? '' : `${label}: `
    lines.push(
      `${indent}${role}${KIND_NAMES[node.kind]}${detail === '' ? '' : ` ${detail}`} ${node.start}-${node.end} @${node.pos}`,
    )
    const children = childrenOf(node)
    for (let i = children.length - 1; i >= 0; i--)
      work.push({ depth: depth + 1, label: children[i].label, node: children[i].node })
  }
  return `${lines.join('\n')}\n`
}

function detailOf(node: Node): string {
  switch (node.kind) {
    case INT:
    case FLOAT:
      return String(node.value)
    case STRING:
      return JSON.stringify(node.value) + (node.uri ? ' uri' : '')
    case INTERPOLATION:
      return node.path ? 'path' : ''
    case PATH:
      return `${node.base} ${node.value}`
    case SEARCH_PATH:
      return node.value
    case VAR:
      return node.name
    case ATTRS:
      return node.rec ? 'rec' : ''
    case LAMBDA: {
      const name = node.name === null ? '' : `'${node.name}' `
      const param = node.param ?? ''
      return `${name}${param}${node.formals === null ? '' : `{${node.formals.ellipsis ? '...' : ''}}`}`
    }
    case BINARY:
      return node.op
    default:
      return ''
  }
}

type Child = { label: string; node: Node | null }

function childrenOf(node: Node): Child[] {
  const list: Child[] = []
  const add = (label: string, child: Node | null) => {
    if (child !== null) list.push({ label, node: child })
  }
  switch (node.kind) {
    case INTERPOLATION:
      node.parts.forEach((part, i) => {
        add(`@${node.positions[i]}`, part)
      })
      break
    case LIST:
      for (const item of node.items) add('', item)
      break
    case ATTRS:
      bindingsOf(node, list)
      break
    case LET:
      bindingsOf(node.attrs, list)
      add('in', node.body)
      break
    case SELECT:
    case HAS_ATTR:
      add('', node.object)
      for (const { name, expr, pos } of node.path)
        list.push({ label: `.${expr === null ? quoteName(name) : '${}'} @${pos}`, node: expr })
      if (node.kind === SELECT) add('or', node.fallback)
      break
    case LAMBDA:
      if (node.formals !== null)
        for (const { name, pos, fallback } of node.formals.list)
          list.push({ label: `formal ${name} @${pos}`, node: fallback })
      add('', node.body)
      break
    case CALL:
      add('fn', node.fn)
      for (const arg of node.args) add('', arg)
      break
    case WITH:
      add('with', node.scope)
      add('', node.body)
      break
    case IF:
      add('if', node.cond)
      add('then', node.then)
      add('else', node.else)
      break
    case ASSERT:
      add('assert', node.cond)
      add('', node.body)
      break
    case NOT:
    case NEGATE:
      add('', node.expr)
      break
    case BINARY:
      add('', node.left)
      add('', node.right)
      break
  }
  return list
}

function bindingsOf(node: AttrsNode, list: Child[]): void {
  node.from.forEach((source, i) => {
    list.push({ label: `from ${i}`, node: source })
  })
  for (const { name, pos, how, value, from } of node.attrs) {
    const source = how === 'plain' ? '' : how === 'inherit' ? ' inherit' : ` from ${from}`
    list.push({ label: `${quoteName(name)}${source} @${pos}`, node: value })
  }
  for (const { name, value, pos } of node.dynamic) {
    list.push({ label: `dynamic @${pos}`, node: name })
    list.push({ label: 'value', node: value })
  }
}
