/**
 * The syntax tree (floor 2). Comes out of the parser, goes into the compiler and the `--parse` printer; knows no scopes.
 *
 * All texts are byte strings (latin1). `pos`, `start`, `end` are byte offsets into the source. `pos` is the place that
 * Nix reports for the node (Nix: parser.y, nixexpr.hh), which for operators is the operator itself.
 * Node kinds are plain integers so that the compiler's dispatch is one jump table.
 */

export type { SourceWarning } from '../source.ts'

export const INT = 0
export const FLOAT = 1
export const STRING = 2
export const INTERPOLATION = 3
export const PATH = 4
export const SEARCH_PATH = 5
export const VAR = 6
export const CUR_POS = 7
export const LIST = 8
export const ATTRS = 9
export const SELECT = 10
export const HAS_ATTR = 11
export const LAMBDA = 12
export const CALL = 13
export const LET = 14
export const WITH = 15
export const IF = 16
export const ASSERT = 17
export const NOT = 18
export const NEGATE = 19
export const BINARY = 20

interface NodeBase {
  /**
   * Byte offsets of the whole expression, enclosing parentheses included: the `start` of an operand of `+` is the place
   * that Nix reports for it.
   */
  start: number
  end: number
  /**
   * The offset Nix reports for it (Nix: Expr::getPos; the operand's for `!` and `?`, the first element's for a list).
   * Where Nix has none (numbers, strings, plain paths, `let`, `[ ]`, the sets that attribute paths make) it is `start`.
   */
  pos: number
}

/** `value` is a bigint when it is beyond 2^53-1. */
export interface IntNode extends NodeBase {
  kind: typeof INT
  value: number | bigint
}
export interface FloatNode extends NodeBase {
  kind: typeof FLOAT
  value: number
}
/** A string without interpolation, escapes and indentation already processed. URI literals too (`uri: true`). */
export interface StringNode extends NodeBase {
  kind: typeof STRING
  value: string
  uri: boolean
}
/**
 * A string or a path with `${…}` in it. Literal pieces are STRING nodes.
 * `path: true`: the first part is a PATH node and the result is a path (Nix: ExprConcatStrings, forceString = false).
 */
export interface InterpolationNode extends NodeBase {
  kind: typeof INTERPOLATION
  path: boolean
  parts: Node[]
  /** Where each part begins, at the `${` of an expression: the place that Nix reports when it cannot be coerced. */
  positions: number[]
}
/**
 * A path literal as written: `absolute` `/a/b`, `relative` `./x`, `../x`, `a/b`, or `home` `~/x`; not yet made
 * absolute or canonical (chunks know no absolute path). In the first part of an interpolated path it may end in `/`.
 */
export interface PathNode extends NodeBase {
  kind: typeof PATH
  base: 'absolute' | 'relative' | 'home'
  value: string
}
/** `<a/b>`; value `a/b`. Means `__findFile __nixPath "a/b"`, with both names looked up lexically. */
export interface SearchPathNode extends NodeBase {
  kind: typeof SEARCH_PATH
  value: string
}
export interface VarNode extends NodeBase {
  kind: typeof VAR
  name: string
}
export interface CurPosNode extends NodeBase {
  kind: typeof CUR_POS
}
export interface ListNode extends NodeBase {
  kind: typeof LIST
  items: Node[]
}

/** One static attribute after nested paths (`a.b.c = …`) have been merged. */
export interface Attr {
  name: string
  /** Position of the definition, as `unsafeGetAttrPos` gives it. */
  pos: number
  /** `plain`: `value` is the expression. `inherit`: `inherit name;`. `from`: `inherit (e) name;`, e = attrs.from[from]. */
  how: 'plain' | 'inherit' | 'from'
  value: Node | null
  from: number
}
export interface DynamicAttr {
  name: Node
  value: Node
  pos: number
}
/** `{ … }` and `rec { … }`; also the bindings of `let`. `attrs` is in the order of first definition. */
export interface AttrsNode extends NodeBase {
  kind: typeof ATTRS
  rec: boolean
  attrs: Attr[]
  dynamic: DynamicAttr[]
  from: Node[]
}
/** One step of an attribute path: a static name, or an expression (`expr` not null) for `${…}`. */
export interface PathStep {
  name: string
  expr: Node | null
  pos: number
}
export interface SelectNode extends NodeBase {
  kind: typeof SELECT
  object: Node
  path: PathStep[]
  /** `or` default, or null. */
  fallback: Node | null
}
export interface HasAttrNode extends NodeBase {
  kind: typeof HAS_ATTR
  object: Node
  path: PathStep[]
}
export interface Formal {
  name: string
  pos: number
  fallback: Node | null
}
export interface Formals {
  /** In order of definition. */
  list: Formal[]
  ellipsis: boolean
}
export interface LambdaNode extends NodeBase {
  kind: typeof LAMBDA
  /** `x: …`, or the name bound by `@`; null when there is none. */
  param: string | null
  formals: Formals | null
  body: Node
  /** The name the lambda is bound to (`f = x: …`), for error texts; null if none. Set by the parser (Nix: Expr::setName). */
  name: string | null
}
/** `f a b` is one node with two arguments (Nix: ExprCall). */
export interface CallNode extends NodeBase {
  kind: typeof CALL
  fn: Node
  args: Node[]
}
/** `let … in body`. The legacy `let { … }` is parsed into SELECT of `body` on a `rec` set. */
export interface LetNode extends NodeBase {
  kind: typeof LET
  attrs: AttrsNode
  body: Node
}
export interface WithNode extends NodeBase {
  kind: typeof WITH
  scope: Node
  body: Node
}
export interface IfNode extends NodeBase {
  kind: typeof IF
  cond: Node
  then: Node
  else: Node
}
export interface AssertNode extends NodeBase {
  kind: typeof ASSERT
  cond: Node
  body: Node
}
export interface NotNode extends NodeBase {
  kind: typeof NOT
  expr: Node
}
/** Unary minus: `__sub 0 e`. */
export interface NegateNode extends NodeBase {
  kind: typeof NEGATE
  expr: Node
}
/** `a |> f` and `f <| a` come out of the parser as CALL nodes. */
export type BinaryOp =
  | '+'
  | '-'
  | '*'
  | '/'
  | '<'
  | '>'
  | '<='
  | '>='
  | '=='
  | '!='
  | '&&'
  | '||'
  | '->'
  | '//'
  | '++'
export interface BinaryNode extends NodeBase {
  kind: typeof BINARY
  op: BinaryOp
  left: Node
  right: Node
}

export type Node =
  | IntNode
  | FloatNode
  | StringNode
  | InterpolationNode
  | PathNode
  | SearchPathNode
  | VarNode
  | CurPosNode
  | ListNode
  | AttrsNode
  | SelectNode
  | HasAttrNode
  | LambdaNode
  | CallNode
  | LetNode
  | WithNode
  | IfNode
  | AssertNode
  | NotNode
  | NegateNode
  | BinaryNode

export interface ParseOptions {
  /** Experimental features that are on, by name (`pipe-operators`). */
  features: ReadonlySet<string>
  /** Warn of what is not wrong but odd, too (`url-literal`, `legacy-let`, `empty-inherit`). */
  warnings?: boolean
  lintUrlLiterals: 'ignore' | 'warn' | 'fatal'
  lintShortPathLiterals: 'ignore' | 'warn' | 'fatal'
  lintAbsolutePathLiterals: 'ignore' | 'warn' | 'fatal'
  /** Whether there is no home directory: `~/x` is an error then. */
  pureEval?: boolean
  /** What Nix calls the source (Source.display), for messages that name a second place. Default: `«string»`. */
  sourceName?: string
}
