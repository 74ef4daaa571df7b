// Errors and warnings as text, against what Nix 2.34.8 prints for the same programs.
import {
  type RenderOptions,
  renderError,
  renderLog,
  renderSourceWarning,
  renderWarning,
} from '../../../src/cli/render.ts'
import { filterEscapes, wantsColour } from '../../../src/cli/terminal.ts'
import { NixError } from '../../../src/errors.ts'
import { PosTable, Source } from '../../../src/source.ts'
import { assert, suite } from '../../support/suite.ts'

const test = suite('cli/render')

const plain: RenderOptions = { colour: false, showTrace: false, format: 'text' }

/** A table with one text, and where in it things are. */
function place(text: string, name?: string): { table: PosTable; at: (needle: string | number) => number } {
  const table = new PosTable()
  const source = name === undefined ? new Source('string', '', text) : new Source('file', name, text)
  const base = table.add(source, text.length)
  return { table, at: (n) => base + (typeof n === 'number' ? n : text.indexOf(n)) }
}

const utf8 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('utf8')
const lines = (...all: string[]) => all.join('\n')

test('an error without frames: message, position, excerpt, suggestions', () => {
  const { table, at } = place('{ aab = 1; abx = 3; }.aaa')
  const error = new NixError('missing-attribute', "attribute 'aaa' missing", {
    pos: at(0),
    suggestions: ['aab', 'abx'],
  })
  assert.is(
    utf8(renderError(error, table, plain)),
    lines(
      "error: attribute 'aaa' missing",
      '       at «string»:1:1:',
      '            1| { aab = 1; abx = 3; }.aaa',
      '             | ^',
      '       Did you mean one of aab or abx?',
    ),
  )
})

test('an error with a frame repeats the prefix before the message', () => {
  const { table, at } = place('let\n  a =\n  { b = 1 + null; };\nin a.b', '/d/f.nix')
  const error = new NixError('type', 'cannot add null to an integer', { pos: at('null') })
  error.addTrace("while evaluating the attribute 'b'", at('b = 1'))
  assert.is(
    utf8(renderError(error, table, plain)),
    lines(
      'error:',
      "       … while evaluating the attribute 'b'",
      '         at /d/f.nix:3:5:',
      '            2|   a =',
      '            3|   { b = 1 + null; };',
      '             |     ^',
      '            4| in a.b',
      '',
      '       error: cannot add null to an integer',
      '       at /d/f.nix:3:13:',
      '            2|   a =',
      '            3|   { b = 1 + null; };',
      '             |             ^',
      '            4| in a.b',
    ),
  )
})

test('a file that ends in a newline has a last empty line', () => {
  const { table, at } = place('1 + x\n', '/f.nix')
  const error = new NixError('undefined-variable', "undefined variable 'x'", { pos: at('x') })
  assert.match(renderError(error, table, plain), /\| {5}\^\n {12}2\|$/)
})

test('CR, LF and CRLF end lines', () => {
  const { table, at } = place('1 +\r\n\r\r  null +\r {}\n', '/cr.nix')
  const error = new NixError('type', 'cannot add null to an integer', { pos: at('null') })
  assert.is(
    renderError(error, table, plain),
    lines(
      'error: cannot add null to an integer',
      '       at /cr.nix:4:3:',
      '            3|',
      '            4|   null +',
      '             |   ^',
      '            5|  {}',
    ),
  )
})

test('a source that cannot be read gives the position alone', () => {
  const table = new PosTable()
  const base = table.add(new Source('file', '/gone.nix', () => undefined, Int32Array.of(0, 10)), 20)
  const error = new NixError('eval', 'bad', { pos: base + 12 })
  assert.is(renderError(error, table, plain), 'error: bad\n       at /gone.nix:2:3:')
})

test('lines of a message are indented and trimmed on the right', () => {
  const error = new NixError('throw', 'a\n\nx  \n\n  y \n\n')
  assert.is(renderError(error, new PosTable(), plain), 'error: a\n\n       x\n\n         y')
})

test('an empty message leaves the prefix', () => {
  const error = new NixError('throw', '')
  error.addTrace('context')
  assert.is(utf8(renderError(error, new PosTable(), plain)), 'error:\n       … context\n\n       error:')
})

test('tabs become spaces up to stops counted over the whole message', () => {
  const text = '{\n\ta = "x\ty";\tb = 1 +\tnull; }.b\n'
  const { table, at } = place(text, '/home/users/nix-dir/tab.nix')
  const error = new NixError('type', 'cannot add null to an integer', { pos: at('null') })
  error.addTrace("while evaluating the attribute 'b'", at('b ='))
  assert.is(
    utf8(renderError(error, table, plain)),
    lines(
      'error:',
      "       … while evaluating the attribute 'b'",
      '         at /home/users/nix-dir/tab.nix:2:13:',
      '            1| {',
      '            2|    a = "x  y";     b = 1 + null; }.b',
      '             |             ^',
      '            3|',
      '',
      '       error: cannot add null to an integer',
      '       at /home/users/nix-dir/tab.nix:2:21:',
      '            1| {',
      '            2|         a = "x  y";     b = 1 + null; }.b',
      '             |                     ^',
      '            3|',
    ),
  )
})

test('without --show-trace two positioned frames are shown, and frames of addErrorContext', () => {
  const { table, at } = place('a b c d e')
  const error = new NixError('throw', 'x')
  for (const [i, name] of ['e', 'd', 'c', 'b', 'a'].entries()) {
    error.addTrace(`frame ${name}`, at(name))
    if (i === 1) error.addTrace('context', 0, true)
  }
  const text = utf8(renderError(error, table, plain))
  assert.match(text, /frame a[\s\S]*frame b[\s\S]*context\n\n/)
  assert.not.match(text, /frame [cde]/)
  assert.match(
    text,
    /\(stack trace truncated; use '--show-trace' to show the full, detailed trace\)\n\n {7}error: x$/,
  )
  assert.match(
    renderError(error, table, { ...plain, showTrace: true }),
    /frame c[\s\S]*frame d[\s\S]*frame e/,
  )
})

test('up to five repeated frames are printed, more are counted', () => {
  const { table, at } = place('f x')
  const repeated = (n: number) => {
    const error = new NixError('throw', 'x')
    error.addTrace('inner', at('x'))
    for (let i = 0; i < n; i++) error.addTrace('outer', at('f'))
    return utf8(renderError(error, table, { ...plain, showTrace: true }))
  }
  assert.is(repeated(6).match(/… outer/g)?.length, 6)
  assert.not.match(repeated(6), /omitted/)
  assert.is(repeated(7).match(/… outer/g)?.length, 1)
  assert.match(repeated(7), /\n {7}\(6 duplicate frames omitted\)\n\n {7}… inner/)
})

test('frames without text are left out', () => {
  const error = new NixError('throw', 'x')
  error.addTrace('')
  assert.is(renderError(error, new PosTable(), plain), 'error:\n       error: x')
})

test('a usage line follows at column 0', () => {
  const error = new NixError('usage', "unrecognised flag '--bogus'")
  const text = renderError(error, new PosTable(), plain, "Try 'nix-instantiate --help' for more information.")
  assert.is(text, "error: unrecognised flag '--bogus'\nTry 'nix-instantiate --help' for more information.")
})

test('a footer of the error is printed instead', () => {
  const error = new NixError('eval', 'unknown hash algorithm', { footer: 'Try it' })
  assert.is(renderError(error, new PosTable(), plain), 'error: unknown hash algorithm\nTry it')
})

test('a warning about source is indented by the width of its prefix', () => {
  const source = new Source('string', '', 'http://a.b')
  const warning = {
    code: 'url-literal',
    message: 'URL literals are discouraged.',
    start: 0,
    end: 10,
    always: true,
  }
  assert.is(
    utf8(renderSourceWarning(warning, source, plain)),
    lines(
      'warning: URL literals are discouraged.',
      '         at «string»:1:1:',
      '              1| http://a.b',
      '               | ^',
    ),
  )
})

test('a text that names its place has no excerpt', () => {
  const source = new Source('string', '', '[ map or ]')
  const message = 'at \xc2\xabstring\xc2\xbb:1:3: This expression uses `or`\n    (map or)'
  const warning = { code: 'or-identifier', message, start: 2, end: 8, always: true }
  assert.is(renderSourceWarning(warning, source, plain), `warning: ${message}`)
})

test('what the evaluator says stays as it is laid out', () => {
  assert.is(renderLog('evaluation warning: a\n  x', plain), 'evaluation warning: a\n  x')
  assert.is(renderLog('trace: a\n x', plain), 'trace: a\n x')
  const coloured = renderLog('evaluation warning: a', { ...plain, colour: true })
  assert.is(coloured, '\x1b[35;1mevaluation warning:\x1b[0m a')
})

test('colours are those of Nix', () => {
  const { table, at } = place('1 + null')
  const error = new NixError('type', 'cannot add null to an integer', { pos: at('null') })
  assert.is(
    utf8(renderError(error, table, { ...plain, colour: true })),
    lines(
      '\x1b[31;1merror:\x1b[0m cannot add \x1b[35;1mnull\x1b[0m to an integer',
      '       \x1b[34;1mat \x1b[35;1m«string»:1:5\x1b[0m:',
      '            1| 1 + null',
      '             |     \x1b[31;1m^\x1b[0m',
    ),
  )
  assert.is(renderWarning('x', { ...plain, colour: true }), '\x1b[35;1mwarning:\x1b[0m x')
})

test('types, values and quoted names are coloured, a user’s own text is not', () => {
  const colour = { ...plain, colour: true }
  const shown = (kind: 'type' | 'throw', message: string) =>
    renderError(new NixError(kind, message), new PosTable(), colour).slice('\x1b[31;1merror:\x1b[0m '.length)
  assert.is(shown('type', "undefined variable 'x'"), "undefined variable '\x1b[35;1mx\x1b[0m'")
  assert.is(
    shown('type', 'cannot coerce a set to a string: { a = 1; b = "x"; }'),
    'cannot coerce \x1b[35;1ma set\x1b[0m to a string: { a = \x1b[36;1m1\x1b[0m; b = \x1b[35;1m"x"\x1b[0m; }',
  )
  assert.is(shown('throw', "no 'a set' here"), "no 'a set' here")
})

test('escape sequences of a program are taken out', () => {
  assert.is(filterEscapes('a \x1b[31mred\x1b[0m\x07 \x1b]8;;x\x1b\\b\r'), 'a red b')
  assert.is(filterEscapes('a \x1b[31mred\x1b[2K', true), 'a \x1b[31mred')
})

test('messages are coloured on a terminal that has colours, unless NO_COLOR says no', () => {
  assert.ok(wantsColour(true, { TERM: 'xterm' }))
  assert.not.ok(wantsColour(false, { TERM: 'xterm' }))
  assert.not.ok(wantsColour(true, { TERM: 'dumb' }))
  assert.not.ok(wantsColour(true, {}))
  assert.not.ok(wantsColour(true, { TERM: 'xterm', NO_COLOR: '' }))
})

test('JSON: one line with message, place and trace', () => {
  const { table, at } = place('1 + null')
  const error = new NixError('type', 'cannot add null to an integer', { pos: at('null') })
  error.addTrace('outer', at('1'))
  const json = JSON.parse(utf8(renderError(error, table, { colour: false, showTrace: true, format: 'json' })))
  assert.is(json.raw_msg, 'cannot add null to an integer')
  assert.is(json.kind, 'type')
  assert.equal([json.file, json.line, json.column], ['«string»', 1, 5])
  assert.equal(json.trace, [{ column: 1, file: '«string»', line: 1, raw_msg: 'outer' }])
})

test.run()
