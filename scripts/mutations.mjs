// Nix programs with one thing wrong in them: mutations of real texts, for differential.mjs. Texts are strings with one char per
// byte; `below(n)` gives a number under n.

const WORDS = ['if', 'then', 'else', 'assert', 'with', 'let', 'in', 'rec', 'inherit', 'or']
const OPERATORS = '+ - * / ++ // == != < > <= >= && || -> ? ! . : @ |> <| or'.split(' ')
const BRACKETS = ['(', ')', '[', ']', '{', '}', '${']
const LITERALS =
  '1|"s"|{ }|[ ]|null|(x: x)|true|1.5|./.|{ a = 1; }|(-1)|({ a, b ? 1 }: a)|"${1}"|{ __functor = x: 1; }'.split(
    '|',
  )
const FAULTS = [
  '(throw "mutant")',
  '(abort "mutant")',
  '(1 / 0)',
  '(assert false; 1)',
  '(let x = x; in x)',
  '(let f = x: f x; in f 1)',
  '({ }.mutant)',
  '([ ] 1)',
  '(builtins.head [ ])',
  '("a" + 1)',
  '(import ./mutant.nix)',
  '(builtins.trace "mutant" 1)',
  '(builtins.addErrorContext "mutant" (throw "mutant"))',
  '(with { }; mutant)',
  '(({ a }: a) { })',
  '<mutant>',
]
const BYTES = [
  ...[
    '\t',
    '\r',
    '\r\n',
    '\0',
    '\x0b',
    '\x7f',
    '\x80',
    '\xe9',
    '\xff',
    '\xef\xbb\xbf',
    '\xc3\xa9',
    '\xf0\x9f\x98\x80',
  ],
  ...[
    '"',
    "''",
    '/*',
    '*/',
    '#',
    '$',
    '\\',
    '`',
    '~',
    '1.',
    '.5',
    '1e5',
    '9223372036854775808',
    './',
    '~/a',
    '<a>',
    'a:b',
  ],
]

const RULES = [
  ['comment', /#[^\n]*|\/\*.*?(?:\*\/|$)/sy],
  ['space', /\s+/y],
  ['path', /(?:[\w.+-]*|~)(?:\/[\w.+-]+)+\/?|<[\w.+/-]+>/y],
  ['name', /[a-zA-Z_][\w'-]*/y],
  ['number', /\d+(?:\.\d+)?/y],
  ['other', /\.\.\.|\|\||&&|[=!<>]=|->|\/\/|\+\+|\$\{|<\||\|>|''|./sy],
]
const STRINGS = {
  '"': /(?:\\.|\$\$?(?!\{)|\$\$\{|[^"\\$])+/sy,
  "''": /(?:''\$|'''|''\\.?|'(?!')|\$\$?(?!\{)|\$\$\{|[^'$])+/sy,
}

/** The tokens of a text, roughly: what is not Nix is cut up somehow. */
export function tokensOf(text) {
  const tokens = []
  const open = []
  for (let at = 0; at < text.length; ) {
    const inside = STRINGS[open.at(-1)]
    const rules = inside === undefined ? RULES : [['piece', inside], ...RULES.slice(-1)]
    for (const [kind, rule] of rules) {
      rule.lastIndex = at
      const found = rule.exec(text)
      if (found === null) continue
      const [word] = found
      tokens.push({ kind, word, from: at, to: at + word.length })
      at += word.length
      if (word === open.at(-1)) open.pop()
      else if (kind === 'other' && (word in STRINGS || word === '${')) open.push(word)
      else if (kind === 'other' && word === '{' && inside === undefined) open.push(word)
      else if (word === '}' && inside === undefined && /\{$/.test(open.at(-1) ?? '')) open.pop()
      break
    }
  }
  return tokens
}

/** What can be done to a text: functions of the edit that answer the new text, or undefined where there is nothing to do it to. */
const MUTATIONS = {
  removed: ({ any, put }) => put(any(), ''),
  doubled: ({ any, put }) => put(any(), (word) => `${word} ${word}`),
  replaced: ({ any, put }) => put(any(), any().word),
  inserted: ({ any, put }) => put(any(), (word) => `${word} ${any().word} `),
  swapped: ({ text, real, below }) => {
    const i = below(real.length - 1)
    const [a, b] = [real[i], real[i + 1]]
    return text.slice(0, a.from) + b.word + text.slice(a.to, b.from) + a.word + text.slice(b.to)
  },
  bracket: ({ of, put, pick }) => put(of(BRACKETS), pick(['', ...BRACKETS])),
  quote: ({ of, put, pick }) => put(of(['"', "''"]), pick(['', '"', "''", "'"])),
  comment: ({ any, put, pick }) => put(any(), (word) => `${pick(['#', '/*', '*/', '/**'])} ${word}`),
  cut: ({ text, below }) => text.slice(0, below(text.length)),
  semicolon: ({ of, put, pick }) => put(of([';']), pick(['', ';;', ',', ':'])),
  keyword: ({ of, put, pick }) => put(of(WORDS), pick(['', ...WORDS])),
  operator: ({ of, put, pick }) => put(of(OPERATORS), pick(OPERATORS)),
  renamed: ({ kind, put, pick }) =>
    put(kind('name'), (word) => pick([`${word}x`, word.slice(1), kind('name').word, `"${word}"`])),
  literal: ({ kind, put, pick }) => put(kind('name', 'number', 'path'), pick(LITERALS)),
  fault: ({ kind, put, pick }) => put(kind('name', 'number', 'path'), pick(FAULTS)),
  argument: ({ kind, put, pick }) => put(kind('name'), (word) => `${word} ${pick(LITERALS)}`),
  formal: ({ of, put, pick }) => put(of([',']), pick([', mutant,', ', mutant ? 1,', ', ...,', ',,', ''])),
  binding: ({ of, put, pick, kind }) =>
    put(
      of([';', '{']),
      (word) =>
        `${word} ${pick(['inherit mutant;', 'inherit (mutant) a;', `${kind('name')?.word} = 1;`, 'mutant;'])}`,
    ),
  piece: ({ kind, put, pick, below }) =>
    put(kind('piece'), (word) => {
      const at = below(word.length + 1)
      return (
        word.slice(0, at) +
        pick(['${', '}', '${1}', '${mutant}', '\\', '$', "''\\", ...BYTES]) +
        word.slice(at)
      )
    }),
  byte: ({ text, below, pick }) => {
    const at = below(text.length + 1)
    return text.slice(0, at) + pick(BYTES) + text.slice(at)
  },
  long: ({ any, put }) => put(any(), (word) => `${' '.repeat(20000)}${word}`),
  returns: ({ text, pick }) => text.replaceAll('\n', pick(['\r\n', '\r'])),
}

/** `text` with one thing changed, and what that was; undefined for a text with nothing in it. */
export function mutant(text, below) {
  const tokens = tokensOf(text)
  const real = tokens.filter(({ kind }) => kind !== 'space' && kind !== 'comment')
  if (real.length < 2) return undefined
  const pick = (xs) => xs[below(xs.length)]
  const edit = {
    text,
    real,
    below,
    pick,
    any: () => pick(real),
    of: (words) => pick(real.filter(({ kind, word }) => kind !== 'piece' && words.includes(word))),
    kind: (...kinds) => pick(real.filter(({ kind, word }) => kinds.includes(kind) && !WORDS.includes(word))),
    put: (token, word) =>
      token &&
      text.slice(0, token.from) + (typeof word === 'string' ? word : word(token.word)) + text.slice(token.to),
  }
  for (;;) {
    const what = pick(Object.keys(MUTATIONS))
    const made = MUTATIONS[what](edit)
    if (made !== undefined && made !== text) return { what, text: made }
  }
}
