/**
 * The text of an indented string (floor 2): pieces as lexed come in, a node with the common indentation removed goes out.
 *
 * Behaviour: Nix's parser-state.hh, stripIndentation.
 */
import { INTERPOLATION, type Node, STRING } from './ast.ts'

/** A piece of text. `indented`: written plainly, so that it counts for the indentation; escapes are not. */
export interface IndentedText {
  kind: -1
  text: string
  indented: boolean
  start: number
  end: number
}
/** An interpolated expression or a piece of text. */
export type Piece = Node | IndentedText

/** `positions`: where each piece begins, at its `${` for an expression. `start` and `end` are those of the literal. */
export function stripIndentation(pieces: Piece[], positions: number[], start: number, end: number): Node {
  const minIndent = minimumIndentation(pieces)
  const parts: Node[] = []
  const places: number[] = []
  let atLineStart = true
  let dropped = 0
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i]
    if (piece.kind !== -1) {
      atLineStart = false
      dropped = 0
      parts.push(piece)
      places.push(positions[i])
      continue
    }
    const text = piece.text
    const length = text.length
    let out = ''
    let j = 0
    while (j < length) {
      if (atLineStart) {
        const from = j
        while (j < length && text.charCodeAt(j) === 32) j++
        const drop = Math.min(j - from, Math.max(0, minIndent - dropped))
        if (j - drop > from) out += text.substring(from + drop, j)
        dropped += j - from
        if (j === length) break
        dropped = 0
        if (text.charCodeAt(j) === 10) {
          out += '\n'
          j++
        } else atLineStart = false
      } else {
        const newline = text.indexOf('\n', j)
        if (newline < 0) {
          out += j === 0 ? text : text.substring(j)
          break
        }
        out += text.substring(j, newline + 1)
        j = newline + 1
        atLineStart = true
      }
    }
    // A last line of nothing but spaces goes.
    if (i === pieces.length - 1) {
      const newline = out.lastIndexOf('\n')
      if (newline >= 0) {
        let k = newline + 1
        while (k < out.length && out.charCodeAt(k) === 32) k++
        if (k === out.length) out = out.substring(0, newline + 1)
      }
    }
    if (out !== '') {
      parts.push({
        kind: STRING,
        start: piece.start,
        end: piece.end,
        pos: piece.start,
        value: out,
        uri: false,
      })
      places.push(positions[i])
    }
  }
  if (parts.length === 0) return { kind: STRING, start, end, pos: start, value: '', uri: false }
  const first = parts[0]
  // A single literal, an interpolated one included, is a plain string.
  if (parts.length === 1 && first.kind === STRING) {
    first.start = start
    first.end = end
    return first
  }
  return {
    kind: INTERPOLATION,
    start,
    end,
    pos: start,
    path: false,
    parts,
    positions: places,
  }
}

/** The smallest indentation of the lines that have anything but spaces; only spaces count. */
function minimumIndentation(pieces: Piece[]): number {
  let atLineStart = true
  let minimum = 1000000
  let current = 0
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i]
    if (piece.kind !== -1 || !piece.indented) {
      if (atLineStart) {
        atLineStart = false
        if (current < minimum) minimum = current
      }
      continue
    }
    const text = piece.text
    const length = text.length
    let j = 0
    while (j < length) {
      if (atLineStart) {
        const from = j
        while (j < length && text.charCodeAt(j) === 32) j++
        current += j - from
        if (j === length) break
        if (text.charCodeAt(j) === 10) {
          current = 0
          j++
        } else {
          atLineStart = false
          if (current < minimum) minimum = current
        }
      } else {
        j = text.indexOf('\n', j) + 1
        if (j === 0) break
        atLineStart = true
        current = 0
      }
    }
  }
  return minimum
}
