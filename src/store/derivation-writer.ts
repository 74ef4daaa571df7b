/** The texts of derivations, as bytes to be hashed (floor 1). Nix: derivation/aterm.cc, unparse. */
import { latin1String } from '../latin1.ts'
import { ByteText } from './byte-text.ts'
import {
  type Derivation,
  type DerivationOutput,
  hasDynamicInputs,
  type InputDrv,
  isDynamic,
  visitReferences,
} from './derivation.ts'
import type { SortedMap } from './sorted-map.ts'

const OUT_ONLY = '",["out"])'

/**
 * A derivation is hashed up to four times: with its outputs blank, to learn their paths; whole, and that hash with its
 * references, to learn its own; with hashes for inputs, for those who use it. What the texts share is written once and
 * comes first; each text comes behind that, in the place of the one before. Answers are bytes that are good until the next call.
 */
export class DerivationWriter {
  readonly #text = new ByteText()
  #drv: Derivation | null = null
  /** Where the values of outputs go in what follows the inputs, and which outputs these are. */
  #cuts: number[] = []
  #cutOutputs: string[] = []
  /** The end of what follows the inputs: sources, system, builder, arguments, environment. It begins at 0. */
  #restEnd = 0
  /** The end of the inputs with hashes for paths, which begin there. */
  #inputsEnd = 0

  begin(drv: Derivation): void {
    const text = this.#text
    text.clear()
    this.#drv = drv
    this.#cuts = []
    this.#cutOutputs = []
    text.put('],')
    putNames(text, drv.inputSrcs)
    text.put(',"')
    text.put(drv.system)
    text.put('","')
    text.putEscaped(drv.builder)
    text.put('",[')
    for (let i = 0; i < drv.args.length; i++) {
      text.put(i === 0 ? '"' : ',"')
      text.putEscaped(drv.args[i])
      text.put('"')
    }
    text.put('],[')
    const { names, values } = drv.env
    // Nearly all derivations have one output.
    const only = drv.outputs.size === 1 ? drv.outputs.names[0] : undefined
    for (let i = 0; i < names.length; i++) {
      const name = names[i]
      text.put(i === 0 ? '("' : ',("')
      text.putEscaped(name)
      text.put('","')
      if (only === undefined ? drv.outputs.has(name) : name === only) {
        this.#cuts.push(text.length)
        this.#cutOutputs.push(name)
      } else text.putEscaped(values[i])
      text.put('")')
    }
    text.put('])')
    this.#restEnd = this.#inputsEnd = text.length
  }

  /** Adds an input with the hash that stands for it, after all with lower ones. */
  addInput(hash: string, outputs: readonly string[]): void {
    const text = this.#text
    text.length = this.#inputsEnd
    text.put(this.#inputsEnd === this.#restEnd ? '("' : ',("')
    text.put(hash)
    putWanted(text, outputs)
    this.#inputsEnd = text.length
  }

  /** The .drv file as it is. */
  whole(): Uint8Array {
    const text = this.#text
    const drv = this.#drv as Derivation
    const start = this.#begin(hasDynamicInputs(drv) ? 'DrvWithVersion("xp-dyn-drv",[' : 'Derive([')
    putOutputs(text, drv.outputs, false)
    text.put('],[')
    const { names, values } = drv.inputDrvs
    for (let i = 0; i < names.length; i++) {
      text.put(i === 0 ? '("' : ',("')
      text.put(names[i])
      putWanted(text, values[i])
    }
    this.#putRest(false)
    return text.since(start)
  }

  /** With the inputs added. `masked`: paths of outputs are blank. */
  modulo(masked: boolean): Uint8Array {
    const text = this.#text
    const start = this.#begin('Derive([')
    putOutputs(text, (this.#drv as Derivation).outputs, masked)
    text.put('],[')
    text.repeat(this.#restEnd, this.#inputsEnd)
    this.#putRest(masked)
    return text.since(start)
  }

  /** What the path of a .drv file is made of, once its own hash is known. See path.ts, makeTextPath. */
  fingerprint(sha256: string, storeDir: string): Uint8Array {
    const text = this.#text
    const drv = this.#drv as Derivation
    const start = this.#begin('text')
    visitReferences(drv, (path) => {
      text.put(':')
      text.put(path)
    })
    text.put(`:sha256:${sha256}:`)
    text.put(storeDir)
    text.put(`:${drv.name}.drv`)
    return text.since(start)
  }

  #begin(head: string): number {
    const text = this.#text
    text.length = this.#inputsEnd
    text.put(head)
    return this.#inputsEnd
  }

  #putRest(masked: boolean): void {
    const text = this.#text
    let from = 0
    for (let i = 0; i < this.#cuts.length; i++) {
      text.repeat(from, this.#cuts[i])
      from = this.#cuts[i]
      if (!masked) text.putEscaped((this.#drv as Derivation).env.get(this.#cutOutputs[i]) as string)
    }
    text.repeat(from, this.#restEnd)
  }
}

/** The text of a derivation's .drv file. */
export function writeAterm(drv: Derivation): string {
  const writer = new DerivationWriter()
  writer.begin(drv)
  return latin1String(writer.whole())
}

/** Names and paths, which need no escapes. */
function putNames(text: ByteText, items: readonly string[]): void {
  text.put('[')
  for (let i = 0; i < items.length; i++) {
    text.put(i === 0 ? '"' : ',"')
    text.put(items[i])
    text.put('"')
  }
  text.put(']')
}

function putOutputs(text: ByteText, outputs: SortedMap<DerivationOutput>, masked: boolean): void {
  const { names, values } = outputs
  for (let i = 0; i < names.length; i++) {
    text.put(i === 0 ? '("' : ',("')
    text.put(names[i])
    if (masked) text.put('","","","")')
    else {
      const output = values[i]
      text.put('","')
      text.put(output.path)
      text.put('","')
      text.put(output.hashAlgo)
      text.put('","')
      text.put(output.hash)
      text.put('")')
    }
  }
}

/** What follows an input's path or hash: the outputs that are wanted of it. */
function putWanted(text: ByteText, input: InputDrv): void {
  if (!isDynamic(input) && input.length === 1 && input[0] === 'out') {
    text.put(OUT_ONLY)
    return
  }
  text.put('",')
  if (isDynamic(input)) putDynamic(text, input)
  else putNames(text, input)
  text.put(')')
}

/** An explicit stack: a program decides how deep dynamic derivations nest. */
function putDynamic(text: ByteText, input: InputDrv): void {
  const todo: (string | InputDrv)[] = [input]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (typeof next === 'string') text.put(next)
    else if (!isDynamic(next)) putNames(text, next)
    else if (next.dynamic.size === 0) putNames(text, next.outputs)
    else {
      text.put('(')
      putNames(text, next.outputs)
      text.put(',[')
      const parts: (string | InputDrv)[] = []
      for (const [output, child] of next.dynamic) {
        parts.push(parts.length === 0 ? `("${output}",` : `,("${output}",`, child, ')')
      }
      todo.push('])')
      for (let i = parts.length - 1; i >= 0; i--) todo.push(parts[i])
    }
  }
}
