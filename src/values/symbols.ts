/** Attribute names as small integers (floor 2), one table per evaluator. Nix: symbol-table.hh. */
import { Interner } from './interner.ts'
import type { Names } from './shape.ts'

/**
 * Names that Nix has symbols for before it reads anything, in their order: its own (eval.hh, StaticEvalSymbols), the
 * parser's, those of all builtins (EvalState::createBaseEnv), and of the code of `derivation`.
 */
const KNOWN_NAMES: readonly string[] = (
  'outPath drvPath type meta name value system __overrides outputs outputName __ignoreNulls file line column __functor ' +
  '__toString right wrong __structuredAttrs __json allowedReferences allowedRequisites disallowedReferences ' +
  'disallowedRequisites maxSize maxClosureSize builder args __contentAddressed __impure outputHash outputHashAlgo ' +
  'outputHashMode recurseForDerivations description self startSet operator key path prefix outputSpecified ' +
  'requiredSystemFeatures or body' +
  ' ' +
  '__sub __lessThan __mul __div __findFile __nixPath builtins true false null __currentTime currentTime ' +
  '__currentSystem currentSystem __nixVersion nixVersion __storeDir storeDir __langVersion langVersion ' +
  '__traceVerbose traceVerbose nixPath scopedImport import __typeOf typeOf isNull __isFunction isFunction ' +
  '__isInt isInt __isFloat isFloat __isString isString __isBool isBool __isPath isPath __genericClosure ' +
  'genericClosure break abort throw __addErrorContext addErrorContext __ceil ceil __floor floor __tryEval ' +
  'tryEval __getEnv getEnv __seq seq __deepSeq deepSeq __trace trace __warn warn derivationStrict placeholder ' +
  '__toPath toPath __storePath storePath __pathExists pathExists baseNameOf dirOf __readFile readFile findFile ' +
  '__hashFile hashFile __readFileType readFileType __readDir readDir __toXML toXML __toJSON toJSON __fromJSON ' +
  'fromJSON __toFile toFile __filterSource filterSource __path __attrNames attrNames __attrValues attrValues ' +
  '__getAttr getAttr __unsafeGetAttrPos unsafeGetAttrPos __hasAttr hasAttr __isAttrs isAttrs removeAttrs ' +
  '__listToAttrs listToAttrs __intersectAttrs intersectAttrs __catAttrs catAttrs __functionArgs functionArgs ' +
  '__mapAttrs mapAttrs __zipAttrsWith zipAttrsWith __isList isList __elemAt elemAt __head head __tail tail map ' +
  "__filter filter __elem elem __concatLists concatLists __length length __foldl' foldl' __any any __all all " +
  '__genList genList __sort sort __partition partition __groupBy groupBy __concatMap concatMap __add add sub mul ' +
  'div __bitAnd bitAnd __bitOr bitOr __bitXor bitXor lessThan toString __substring substring __stringLength ' +
  'stringLength __hashString hashString __convertHash convertHash __match match __split split __concatStringsSep ' +
  'concatStringsSep __replaceStrings replaceStrings __parseDrvName parseDrvName __compareVersions ' +
  'compareVersions __splitVersion splitVersion __unsafeDiscardStringContext unsafeDiscardStringContext ' +
  '__hasContext hasContext __unsafeDiscardOutputDependency unsafeDiscardOutputDependency ' +
  '__addDrvOutputDependencies addDrvOutputDependencies __getContext getContext __appendContext appendContext ' +
  'fetchMercurial fetchTree __fetchurl fetchurl fetchTarball fetchGit fromTOML __getFlake getFlake ' +
  '__parseFlakeRef parseFlakeRef __flakeRefToString flakeRefToString derivation' +
  ' strict drvAttrs commonAttrs outputsList x outputToAttrListElement'
).split(' ')

/** Symbols below this one are those of `KNOWN_NAMES`. */
export const KNOWN_COUNT: number = KNOWN_NAMES.length

/** Symbols that every table gives to the same names: what is looked up all the time needs no look-up of its symbol. */
export const SYM = {
  OUT_PATH: 0,
  DRV_PATH: 1,
  TYPE: 2,
  META: 3,
  NAME: 4,
  VALUE: 5,
  OVERRIDES: 7,
  OUTPUTS: 8,
  IGNORE_NULLS: 10,
  FUNCTOR: 14,
  TO_STRING: 15,
  STRUCTURED_ATTRS: 18,
  KEY: 38,
} as const

/** Powers of two. */
const MET = 1 << 13
const POSITION_LISTS = 64

/** The names of one evaluator. */
export class SymbolTable extends Interner {
  /** Lists of names that many sets have, by the hash of their symbols (shape.ts). */
  readonly nameLists: Map<number, Names> = new Map()
  /** What they take, counted in symbols; and the long ones among them. */
  nameListWeight = 0
  longListWeight = 0
  /** The hashes of lists of names that were met last, by their last bits. */
  readonly #met = new Int32Array(MET)
  /** Lists of positions that shapes have, the last of each hash (shape.ts). */
  readonly positionLists: (readonly number[])[] = new Array(POSITION_LISTS).fill([])
  /** Names in the big unions of shapes that are kept (shape.ts). */
  unionWeight = 0
  /** Names in the big shapes that are kept as what is left of others. */
  remainderWeight = 0
  /** Names as keys of JSON objects, with the colon, by symbol: those that have been written. */
  readonly jsonKeys: Map<number, string> = new Map()

  constructor() {
    super(1 << 12)
    for (const name of KNOWN_NAMES) this.intern(name)
  }

  /** Whether a list of names with this hash has been met, as far as that is known; it has from now on. */
  metBefore(hash: number): boolean {
    const at = hash & (MET - 1)
    if (this.#met[at] === hash) return true
    this.#met[at] = hash
    return false
  }
}
