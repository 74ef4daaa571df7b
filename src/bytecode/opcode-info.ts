/**
 * What each opcode's operands are and what it does to the stack (floor 1): the one table that the disassembler, the
 * verifier, the stack-depth computation and docs/opcodes.md are made from.
 */
import type * as Op from './opcodes.ts'

export type Operand =
  /** Small integer. */
  | 'int'
  /** Index into Chunk.strings. */
  | 'string'
  /** Index of a constant. */
  | 'const'
  /** Index into the compiler's global names. */
  | 'global'
  /** Index of a unit. */
  | 'unit'
  /** String or -1. */
  | 'string?'
  /** Slot of an environment. */
  | 'slot'
  /** Number of environments to go up. */
  | 'hops'
  /** Offset of the instruction that loads a slot unforced the first time, 0 if the slot is always filled. */
  | 'desc'
  /** Jump target, relative to the instruction after the jump. */
  | 'target'
  /** How many operands to pop. */
  | 'count'
  /** Number of an attribute-set literal. */
  | 'site'
  /** Offset of a table in the code. */
  | 'table'
  /** Index of an inline cache. */
  | 'cache'
  /** Byte offset in the source. */
  | 'offset'
  /** Which construct asks, for the error text. */
  | 'context'

export interface OpInfo {
  operands: readonly Operand[]
  /** Values popped below acc, or the operand (index) that says how many. */
  pops: number | { operand: number; times: number }
  pushes: number
  doc: string
}

/** In the order of the opcodes' numbers. */
export const OP_INFO: Record<keyof typeof Op, OpInfo> = {
  INT: { operands: ['int'], pops: 0, pushes: 0, doc: 'acc = integer' },
  STR: { operands: ['string'], pops: 0, pushes: 0, doc: 'acc = string without context' },
  CONST: { operands: ['const'], pops: 0, pushes: 0, doc: 'acc = big integer, float or path' },
  TRUE: { operands: [], pops: 0, pushes: 0, doc: 'acc = true' },
  FALSE: { operands: [], pops: 0, pushes: 0, doc: 'acc = false' },
  NULL: { operands: [], pops: 0, pushes: 0, doc: 'acc = null' },
  EMPTY_LIST: { operands: [], pops: 0, pushes: 0, doc: 'acc = [ ]' },
  GLOBAL: { operands: ['global'], pops: 0, pushes: 0, doc: 'acc = global value' },
  THUNK: { operands: ['unit'], pops: 0, pushes: 0, doc: 'acc = new thunk of the unit in env (raw)' },
  CLOSURE: { operands: ['unit'], pops: 0, pushes: 0, doc: 'acc = new closure of the unit over env' },
  GET0: { operands: ['slot', 'desc'], pops: 0, pushes: 0, doc: 'acc = slot of env (raw)' },
  GET1: { operands: ['slot', 'desc'], pops: 0, pushes: 0, doc: 'acc = slot of the parent environment (raw)' },
  GETN: {
    operands: ['hops', 'slot', 'desc'],
    pops: 0,
    pushes: 0,
    doc: 'acc = slot of an outer environment (raw)',
  },
  GET0F: { operands: ['slot', 'desc'], pops: 0, pushes: 0, doc: 'acc = slot of env, forced' },
  GET1F: {
    operands: ['slot', 'desc'],
    pops: 0,
    pushes: 0,
    doc: 'acc = slot of the parent environment, forced',
  },
  GETNF: {
    operands: ['hops', 'slot', 'desc'],
    pops: 0,
    pushes: 0,
    doc: 'acc = slot of an outer environment, forced',
  },
  WITH_GET: {
    operands: ['string', 'table', 'cache'],
    pops: 0,
    pushes: 0,
    doc: 'acc = name looked up in the sets of the enclosing `with`s, innermost first; table: [count, (hops, slot, desc, offset)…], hops -1: slot is a global',
  },
  FORMAL: {
    operands: ['string', 'desc', 'slot'],
    pops: 0,
    pushes: 0,
    doc: 'acc = attribute of the argument set in the slot, or its default, which has a desc (raw; only as a desc)',
  },
  CUR_POS: { operands: ['offset'], pops: 0, pushes: 0, doc: 'acc = { file, line, column }' },
  PUSH: { operands: [], pops: 0, pushes: 1, doc: 'push acc' },
  JUMP: { operands: ['target'], pops: 0, pushes: 0, doc: 'go on at target' },
  BRANCH: {
    operands: ['target'],
    pops: 0,
    pushes: 0,
    doc: 'acc must be a Boolean (if); false: go on at target',
  },
  AND: { operands: ['target'], pops: 0, pushes: 0, doc: 'acc must be a Boolean; false: go on at target' },
  OR: { operands: ['target'], pops: 0, pushes: 0, doc: 'acc must be a Boolean; true: go on at target' },
  IMPL: {
    operands: ['target'],
    pops: 0,
    pushes: 0,
    doc: 'acc must be a Boolean; false: acc = true, go on at target',
  },
  CHECK_BOOL: {
    operands: ['context'],
    pops: 0,
    pushes: 0,
    doc: 'acc must be a Boolean: right operand of && || ->',
  },
  NOT: { operands: [], pops: 0, pushes: 0, doc: 'acc = !acc' },
  ASSERT: {
    operands: ['offset', 'offset'],
    pops: 0,
    pushes: 0,
    doc: 'acc must be true; the offsets are those of the condition',
  },
  ASSERT_EQ: {
    operands: ['offset', 'offset'],
    pops: 1,
    pushes: 0,
    doc: 'popped value must equal acc; a failure explains the difference',
  },
  CALL: {
    operands: ['count'],
    pops: { operand: 0, times: 1 },
    pushes: 0,
    doc: 'acc = acc applied to the popped arguments',
  },
  TAIL_CALL: {
    operands: ['count'],
    pops: { operand: 0, times: 1 },
    pushes: 0,
    doc: 'like CALL then RETURN, in the memory of the current frame',
  },
  RETURN: { operands: [], pops: 0, pushes: 0, doc: 'end of the unit with acc' },
  ENTER: { operands: ['count'], pops: 0, pushes: 0, doc: 'env = new environment of that length below env' },
  SUBUNIT: {
    operands: ['unit'],
    pops: 0,
    pushes: 0,
    doc: 'acc = result of the unit, run now in env (very deep nesting)',
  },
  ADD: { operands: [], pops: 1, pushes: 0, doc: 'acc = popped + acc: numbers, strings, paths' },
  SUB: { operands: [], pops: 1, pushes: 0, doc: 'acc = popped - acc' },
  MUL: { operands: [], pops: 1, pushes: 0, doc: 'acc = popped * acc' },
  DIV: { operands: [], pops: 1, pushes: 0, doc: 'acc = popped / acc' },
  NEGATE: { operands: [], pops: 0, pushes: 0, doc: 'acc = 0 - acc' },
  LESS: { operands: [], pops: 1, pushes: 0, doc: 'acc = popped < acc' },
  EQUAL: { operands: [], pops: 1, pushes: 0, doc: 'acc = popped == acc' },
  NOT_EQUAL: { operands: [], pops: 1, pushes: 0, doc: 'acc = popped != acc' },
  COERCE: {
    operands: ['int'],
    pops: 0,
    pushes: 0,
    doc: 'acc = acc as a string of an interpolation; 1: paths are copied to the store',
  },
  CONCAT: {
    operands: ['count'],
    pops: { operand: 0, times: 1 },
    pushes: 0,
    doc: 'acc = popped strings joined',
  },
  CONCAT_PATH: {
    operands: ['count'],
    pops: { operand: 0, times: 1 },
    pushes: 0,
    doc: 'acc = path: popped pieces joined',
  },
  LIST: {
    operands: ['count'],
    pops: { operand: 0, times: 1 },
    pushes: 0,
    doc: 'acc = list of the popped slots',
  },
  CONCAT_LISTS: { operands: [], pops: 1, pushes: 0, doc: 'acc = popped ++ acc' },
  ATTRS: {
    operands: ['site', 'table'],
    pops: 0,
    pushes: 0,
    doc: 'acc = set of the literal, nothing in it made yet; table: [count, (name, offset, desc)…, offset of the literal], by name',
  },
  ATTRS_DYN: {
    operands: ['count', 'table'],
    pops: { operand: 0, times: 2 },
    pushes: 0,
    doc: 'acc = acc with popped (name, slot) pairs added; table: source offset of each',
  },
  OVERRIDES: {
    operands: ['table'],
    pops: 0,
    pushes: 0,
    doc: 'acc = acc with `__overrides` applied; table: [count, (name, slot)…] of the recursive slots',
  },
  CHECK_ATTRS: { operands: ['context'], pops: 0, pushes: 0, doc: 'acc must be a set' },
  UPDATE: { operands: [], pops: 1, pushes: 0, doc: 'acc = acc // popped' },
  SELECT: {
    operands: ['string', 'cache', 'string?'],
    pops: 0,
    pushes: 0,
    doc: 'acc = acc.name, forced; the last operand is the whole path for the trace',
  },
  SELECT_OR: {
    operands: ['string', 'cache', 'target'],
    pops: 0,
    pushes: 0,
    doc: 'acc = acc.name, forced; go on at target if there is none',
  },
  HAS: { operands: ['string'], pops: 0, pushes: 0, doc: 'acc = acc ? name' },
  SELECT_DYN: { operands: ['string?'], pops: 1, pushes: 0, doc: 'acc = popped.${acc}, forced' },
  SELECT_DYN_OR: {
    operands: ['target'],
    pops: 1,
    pushes: 0,
    doc: 'acc = popped.${acc}, forced; go on at target if there is none',
  },
  HAS_DYN: { operands: [], pops: 1, pushes: 0, doc: 'acc = popped ? ${acc}' },
  DYN_NAME: {
    operands: ['context'],
    pops: 0,
    pushes: 0,
    doc: 'acc must be an attribute name; 1: null is let through',
  },
  FAIL: { operands: ['string'], pops: 0, pushes: 0, doc: 'undefined variable' },
  CLOSURE_RAW: {
    operands: ['unit'],
    pops: 0,
    pushes: 0,
    doc: 'acc = thunk that becomes a closure of the unit over env (raw)',
  },
  STEP: { operands: [], pops: 0, pushes: 0, doc: 'step the native frame on top (internal)' },
  BUILTIN_ENTER: {
    operands: [],
    pops: 0,
    pushes: 0,
    doc: 'one call deeper: the arguments of a builtin follow',
  },
  CHECK_ARG: {
    operands: ['global', 'int'],
    pops: 0,
    pushes: 0,
    doc: 'acc must be of the kind of that argument of the builtin',
  },
  CALL_BUILTIN: {
    operands: ['global', 'count'],
    pops: { operand: 1, times: 1 },
    pushes: 0,
    doc: 'acc = builtin applied to the popped arguments, which are checked; one call less deep',
  },
  ADDEND: {
    operands: [],
    pops: 0,
    pushes: 0,
    doc: 'acc = acc as the left operand of ADD: what is no number, string or path becomes text',
  },
}

/** Rows by opcode number. */
export const OPS: readonly (OpInfo & { name: string })[] = Object.entries(OP_INFO).map(([name, info]) => ({
  name,
  ...info,
}))
