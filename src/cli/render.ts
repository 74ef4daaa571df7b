/**
 * Errors, warnings and their traces as text (floor 7): a NixError and the table of positions come in, the bytes that
 * Nix would print on standard error go out. Nix: error.cc (showErrorInfo), logging.cc.
 */
import type { NixError, TraceLine } from '../errors.ts'
import type { PosIdx, Position, PosTable, Source, SourceWarning } from '../source.ts'
import { BLUE, CYAN, filterEscapes, MAGENTA, NORMAL, RED } from './terminal.ts'

/** How messages are shown. */
export interface RenderOptions {
  colour: boolean
  showTrace: boolean
  format: 'text' | 'json'
}

const ERROR = 0
const WARNING = 1

/** One message with all that may be printed with it. */
interface Report {
  level: typeof ERROR | typeof WARNING
  label: string
  message: string
  place: Position | undefined
  /** Outermost first. */
  trace: readonly TraceLine[]
  suggestions: readonly string[]
  resolve: (pos: PosIdx) => Position | undefined
  /** Whether quoted words in the message are format arguments (a user's own text is never coloured). */
  ownWords: boolean
}

/** An error as it is printed, without the last newline. `usage`: the line to print after a usage error. */
export function renderError(
  error: NixError,
  positions: PosTable,
  options: RenderOptions,
  usage?: string,
): string {
  const report: Report = {
    level: ERROR,
    label: 'error',
    message: error.message,
    place: positions.resolve(error.pos),
    trace: error.trace.toReversed(),
    suggestions: error.suggestions,
    resolve: (pos) => positions.resolve(pos),
    // A failed look-up on the search path is Nix's sentence, although it can be caught like a throw.
    ownWords: error.kind !== 'throw' || error.message.includes('was not found in the Nix search path'),
  }
  const lines = [renderReport(report, options, error.kind)]
  const footer = error.footer ?? (error.kind === 'usage' ? usage : undefined)
  if (footer !== undefined) lines.push(renderLog(footer, options))
  return lines.join('\n')
}

/** A warning about a piece of source as it is printed, without the last newline. */
export function renderSourceWarning(warning: SourceWarning, source: Source, options: RenderOptions): string {
  const place: Position = { source, offset: warning.start, ...source.lineColumn(warning.start) }
  // A text that names its place itself comes without excerpt and indentation (parser-state.hh, `or` as identifier).
  if (warning.message.startsWith('at ')) return renderWarning(warning.message, options)
  return renderReport(
    {
      level: WARNING,
      label: 'warning',
      message: warning.message,
      place,
      trace: [],
      suggestions: [],
      resolve: () => undefined,
      ownWords: true,
    },
    options,
    warning.code,
  )
}

/** `warning: TEXT`, as for settings. Nix: Logger::warn. */
export function renderWarning(message: string, options: RenderOptions): string {
  if (options.format === 'json')
    return toJsonLine({ action: 'msg', level: WARNING, msg: `warning: ${message}` })
  const label = options.colour ? `${MAGENTA}warning:${NORMAL}` : 'warning:'
  return filterEscapes(`${label} ${message}`, options.colour)
}

const EVALUATION_WARNING = 'evaluation warning: '

/** A text that the evaluator has laid out (`trace: …`, `evaluation warning: …`), as it is printed. */
export function renderLog(line: string, options: RenderOptions): string {
  if (options.format === 'json') {
    const level = line.startsWith(EVALUATION_WARNING) || line.startsWith('warning: ') ? WARNING : ERROR
    return toJsonLine({ action: 'msg', level, msg: line })
  }
  if (line.startsWith(EVALUATION_WARNING)) line = chomp(line)
  if (options.colour && line.startsWith(EVALUATION_WARNING)) {
    line = `${MAGENTA}evaluation warning:${NORMAL}${line.slice(EVALUATION_WARNING.length - 1)}`
  }
  if (options.colour && line.startsWith('warning: ')) line = `${MAGENTA}warning:${NORMAL}${line.slice(8)}`
  return filterEscapes(line, options.colour)
}

function renderReport(report: Report, options: RenderOptions, kind: string): string {
  if (options.format === 'json') return jsonReport(report, options, kind)
  return filterEscapes(layOut(report, options), options.colour)
}

function jsonReport(report: Report, options: RenderOptions, kind: string): string {
  const json: Record<string, unknown> = {
    action: 'msg',
    ...jsonPlace(report.place),
    kind,
    level: report.level,
    msg: layOut(report, { ...options, colour: false }),
    raw_msg: report.message,
  }
  if (report.suggestions.length > 0) json.suggestions = report.suggestions
  if (options.showTrace && report.trace.length > 0) {
    json.trace = report.trace
      .toReversed()
      .map((t) => ({ ...jsonPlace(report.resolve(t.pos)), raw_msg: t.text }))
  }
  return toJsonLine(json)
}

function jsonPlace(place: Position | undefined): Record<string, unknown> {
  if (place === undefined) return { column: null, file: null, line: null }
  return { column: place.column, file: place.source.display, line: place.line }
}

/** JSON on one line, in bytes: text that is valid UTF-8 stays as it is, keys are in byte order. */
function toJsonLine(json: Record<string, unknown>): string {
  const keys = Object.keys(json).sort()
  const text = JSON.stringify(json, (_key, value) => (typeof value === 'string' ? decodeBytes(value) : value))
  const sorted = JSON.parse(text) as Record<string, unknown>
  const line = `{${keys.map((k) => `${JSON.stringify(k)}:${JSON.stringify(sorted[k])}`).join(',')}}`
  return encodeBytes(line)
}

/** Bytes to text; what is no UTF-8 becomes U+FFFD. */
function decodeBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** Text to bytes. */
function encodeBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

const BLANKS = /[ \n\r\t]+$/

function chomp(text: string): string {
  let end = text.length
  while (end > 0 && BLANKS.test(text[end - 1])) end--
  return text.slice(0, end)
}

/** Every line behind its indentation, right-trimmed. */
function indented(first: string, rest: string, text: string): string {
  if (text === '') return ''
  return text
    .split('\n')
    .map((line, i) => chomp((i === 0 ? first : rest) + line))
    .join('\n')
}

/** The text of a message before the terminal's filter. */
function layOut(report: Report, options: RenderOptions): string {
  const colour = options.colour
    ? (code: string, text: string) => `${code}${text}${NORMAL}`
    : (_: string, t: string) => t
  const prefix = `${colour(report.level === ERROR ? RED : MAGENTA, `${report.label}:`)} `
  const out: string[] = []

  const placeLines = (indent: string, place: Position | undefined): boolean => {
    if (place === undefined) return false
    if (options.colour) out.push(`${indent}${BLUE}at ${MAGENTA}${placeOf(place)}${NORMAL}:`)
    else out.push(`${indent}at ${placeOf(place)}:`)
    const excerpt = excerptOf(place, options.colour)
    if (excerpt !== undefined) out.push(excerpt, '\n')
    return true
  }

  if (report.trace.length > 0) {
    const seen = new Set<string>()
    let held: TraceLine[] = []
    let count = 0
    let truncated = false
    const show = (line: TraceLine): void => {
      out.push(`\n\xe2\x80\xa6 ${options.colour ? colourTrace(line) : line.text}\n`)
      if (placeLines('  ', report.resolve(line.pos))) count++
    }
    const release = (): void => {
      if (held.length > 5) out.push(`\n${colour(MAGENTA, `(${held.length} duplicate frames omitted)`)}\n`)
      else for (const line of held) show(line)
      held = []
    }
    for (const line of report.trace) {
      if (line.text === '') continue
      if (!options.showTrace && count > 3) truncated = true
      if (truncated && line.always !== true) continue
      const place = report.resolve(line.pos)
      const key = `${place === undefined ? '' : placeOf(place)}\0${line.text}`
      if (seen.has(key)) {
        held.push(line)
        continue
      }
      seen.add(key)
      release()
      count++
      show(line)
    }
    release()
    if (truncated) {
      const hint = "(stack trace truncated; use '--show-trace' to show the full, detailed trace)"
      out.push(`\n${colour(MAGENTA, hint)}\n`)
    }
    out.push(`\n${prefix}`)
  }

  out.push(options.colour && report.ownWords ? colourMessage(report.message) : report.message)
  // An argument that ends a message has a colour to end, which keeps its last line feed from being cut off.
  if (report.message.endsWith('\n') && report.message.startsWith('while parsing TOML: ')) out.push(NORMAL)
  out.push('\n')
  placeLines('', report.place)
  if (report.suggestions.length > 0) {
    const names = report.suggestions.map((s) => colour(MAGENTA, s))
    const last = names.pop() as string
    out.push(
      names.length === 0 ? `Did you mean ${last}?` : `Did you mean one of ${names.join(', ')} or ${last}?`,
    )
  }
  return indented(prefix, ' '.repeat(report.label.length + 2), chomp(out.join('')))
}

/** `/path:3:5`, as Nix writes it. */
export function placeOf(place: Position): string {
  return `${place.source.display}:${place.line}:${place.column}`
}

/** The line with a caret under the column, between its neighbours; undefined if the source cannot be read. */
function excerptOf(place: Position, colour: boolean): string | undefined {
  const { source, line, column } = place
  const text = source.text
  if (text === undefined) return undefined
  const starts = source.lineStarts
  const cut = source.origin === 'string' || source.origin === 'stdin' ? text.indexOf('\0') : -1
  const end = cut < 0 ? text.length : cut
  if (end === 0) return ''
  const lineAt = (n: number): string | undefined => {
    if (n < 1 || n > starts.length || starts[n - 1] > end) return undefined
    const from = starts[n - 1]
    let to = Math.min(n < starts.length ? starts[n] : end, end)
    if (n < starts.length && to > from && text[to - 1] === '\n') to--
    if (n < starts.length && to > from && text[to - 1] === '\r') to--
    return `\n ${String(n).padStart(5)}| ${text.slice(from, to)}`
  }
  const before = lineAt(line - 1) ?? ''
  const here = lineAt(line)
  if (here === undefined) return before
  const caret = `\n      |${' '.repeat(column)}${colour ? `${RED}^${NORMAL}` : '^'}`
  return before + here + (column > 0 ? caret : '') + (lineAt(line + 1) ?? '')
}

const TYPES =
  '(?:an? (?:integer|float|Boolean|string(?: with context)?|path|set|list|function|thunk|external value)|null|' +
  "the (?:partially applied )?built-in function '[^']*')"
const TYPE_WORD = new RegExp(
  `^(${TYPES})(?= (?:with value|of value) )|` +
    `(?<=cannot (?:coerce|add|compare|convert) |found |but |is not equal to |^cannot compare ${TYPES} with )(${TYPES})`,
  'g',
)
/** A value at the end of a message. */
const VALUE_TAIL = /(?: to a string: |but found [^:]*: |function but [^:]*: |values are )(.*)$/s
/** A value in quotes. */
const QUOTED_VALUE =
  /(?<=(?:with value|of value|hand side is|contained in|not in|attribute set) )'(.*?)'(?=$|, | is not | differs )/gs
/** Numbers and places that are arguments of Nix's sentences. */
const BARE_ARGUMENT =
  /(?<=at index |with index |list of size |adding |subtracting |multiplying |dividing | [-+*/] |already defined at )[^\s',]+/g
/** Quoted words that are part of Nix's own sentences. */
const FIXED_WORDS =
  /^(?:builtins\.|--|__functor|from$|to$|blake3|md5|sha1|sha256|sha512|base16|base32|base64|sri|nix)/

/**
 * Colours a message as Nix would. The text no longer says which of its words were format arguments, so they are told
 * by their quotes and by where a type or a value can stand.
 */
function colourMessage(text: string): string {
  if (text.startsWith('syntax error')) return text
  if (text.startsWith('[json.exception')) return `${MAGENTA}${text}${NORMAL}`
  const tail = VALUE_TAIL.exec(text)
  const cut = tail === null ? text.length : text.length - tail[1].length
  // Values first, and out of the reach of what follows.
  const values: string[] = []
  const keep = (coloured: string): string => `\0${values.push(coloured) - 1}\0`
  const head = text
    .slice(0, cut)
    .replace(QUOTED_VALUE, (_, value: string) => keep(`'${colourValue(value)}'`))
    .replace(TYPE_WORD, (word) => keep(`${MAGENTA}${word}${NORMAL}`))
    .replace(BARE_ARGUMENT, (word) => keep(`${MAGENTA}${word}${NORMAL}`))
    .replace(/(?<!position in )'([^'\n\x1b\0]+)'/g, colourQuoted)
    .replace(/\0(\d+)\0/g, (_, i: string) => values[Number(i)])
  return head + colourValue(text.slice(cut))
}

function colourQuoted(quoted: string, word: string): string {
  return FIXED_WORDS.test(word) ? quoted : `'${MAGENTA}${word}${NORMAL}'`
}

function colourTrace(line: TraceLine): string {
  if (line.always === true) return line.text
  return line.text
    .replace(/(?<=element at index |list element )\d+$/, (n) => `${MAGENTA}${n}${NORMAL}`)
    .replace(/'([^'\n\x1b]+)'/g, colourQuoted)
}

const VALUE_TOKEN =
  /("(?:[^"\\]|\\.)*")|(\xc2\xab(?:thunk|repeated|\d+ (?:attributes?|items?) elided|error:[^\xbb]*)\xc2\xbb)|(\xc2\xab[^\xbb]*\xc2\xbb)|(?<![\w.'-])(-?\d[\d.e+-]*|true|false|null)(?![\w'-])/gs

/** A printed value with the colours that the repl gives it. */
function colourValue(text: string): string {
  return text.replace(VALUE_TOKEN, (token, string, faint, special) => {
    if (string !== undefined || faint !== undefined) return `${MAGENTA}${token}${NORMAL}`
    return `${special !== undefined ? BLUE : CYAN}${token}${NORMAL}`
  })
}
