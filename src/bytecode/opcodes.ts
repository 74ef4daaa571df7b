/**
 * The instruction set (floor 1). One Int32 word for the opcode, one per operand.
 *
 * The machine has an accumulator (`acc`, the top of the stack kept in a local), an operand stack below it, and the
 * current environment `env`. "raw" loads leave a Slot in acc, perhaps a thunk; all others leave a forced value.
 *
 * Imported as `import * as Op`, so that the bundler turns every use into a literal and V8 the dispatch into a jump
 * table. Adding one: a line here, a row in opcode-info.ts (tsc asks for it), a case in vm.ts, its use in the compiler.
 */

// Loads
export const INT = 0
export const STR = 1
export const CONST = 2
export const TRUE = 3
export const FALSE = 4
export const NULL = 5
export const EMPTY_LIST = 6
export const GLOBAL = 7
export const THUNK = 8
export const CLOSURE = 9
export const GET0 = 10
export const GET1 = 11
export const GETN = 12
export const GET0F = 13
export const GET1F = 14
export const GETNF = 15
export const WITH_GET = 16
export const FORMAL = 17
export const CUR_POS = 18
// Stack and control
export const PUSH = 19
export const JUMP = 20
export const BRANCH = 21
export const AND = 22
export const OR = 23
export const IMPL = 24
export const CHECK_BOOL = 25
export const NOT = 26
export const ASSERT = 27
export const ASSERT_EQ = 28
export const CALL = 29
export const TAIL_CALL = 30
export const RETURN = 31
export const ENTER = 32
export const SUBUNIT = 33
// Arithmetic and comparison
export const ADD = 34
export const SUB = 35
export const MUL = 36
export const DIV = 37
export const NEGATE = 38
export const LESS = 39
export const EQUAL = 40
export const NOT_EQUAL = 41
// Strings, lists, sets
export const COERCE = 42
export const CONCAT = 43
export const CONCAT_PATH = 44
export const LIST = 45
export const CONCAT_LISTS = 46
export const ATTRS = 47
export const ATTRS_DYN = 48
export const OVERRIDES = 49
export const CHECK_ATTRS = 50
export const UPDATE = 51
export const SELECT = 52
export const SELECT_OR = 53
export const HAS = 54
export const SELECT_DYN = 55
export const SELECT_DYN_OR = 56
export const HAS_DYN = 57
export const DYN_NAME = 58
export const FAIL = 59
/** A lambda as an element of a set or list: raw, since Nix counts it as not evaluated until somebody asks. */
export const CLOSURE_RAW = 60
/** Only in the machine's own chunk: steps the native frame on top for the first time. */
export const STEP = 61
// Calls of builtins that are known while compiling: strict arguments are evaluated in place, in the builtin's order.
export const BUILTIN_ENTER = 62
export const CHECK_ARG = 63
export const CALL_BUILTIN = 64
/** Nix makes text of the left operand of `+`, if it is to be text, before it looks at the right one. A PUSH follows. */
export const ADDEND = 65
