/** Builtins on strings, contexts, hashes, versions and patterns. */
import { suite } from '../../support/suite.ts'
import { fails, gives } from './support.ts'

const test = suite('builtins: strings')

const PATH = '/nix/store/5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x'
const withContext = (e: string, kind = 'path = true'): string =>
  `let s = builtins.appendContext "a" { "${PATH}.drv" = { ${kind}; }; }; in ${e}`

test('substring counts bytes, and a negative length takes the rest', () => {
  gives('builtins.substring 1 2 "abcd"', '"bc"')
  gives('builtins.substring 1 (-1) "abcd"', '"bcd"')
  gives('builtins.substring 9223372036854775807 2 "abcd"', '""')
  gives('builtins.stringLength "\xc3\xa9"', '2')
})

test('substring looks at the start before the other arguments', () => {
  fails('builtins.substring (-1) (throw "x") (throw "y")', "negative start position in 'substring'")
})

test('an empty substring keeps the context', () => {
  gives(withContext('builtins.hasContext (builtins.substring 0 0 s)'), 'true')
})

test('concatStringsSep coerces, and joins contexts', () => {
  gives('builtins.concatStringsSep ", " [ "a" { outPath = "b"; } { __toString = s: "c"; } ]', '"a, b, c"')
  gives(withContext('builtins.hasContext (builtins.concatStringsSep s [ ])'), 'true')
  fails(
    'builtins.concatStringsSep "" [ 1 ]',
    'cannot coerce an integer to a string: 1',
    'while evaluating one element of the list of strings to concat passed to builtins.concatStringsSep',
  )
})

test('replaceStrings: the first pattern that matches wins, an empty one matches everywhere', () => {
  gives('builtins.replaceStrings [ "oo" "a" ] [ "a" "i" ] "foobar"', '"fabir"')
  gives('builtins.replaceStrings [ "" ] [ "X" ] "abc"', '"XaXbXcX"')
  gives('builtins.replaceStrings [ "a" "" ] [ "X" "Y" ] "abc"', '"XYbYcY"')
})

test('replaceStrings forces only replacements that are used, and takes only their contexts', () => {
  gives('builtins.replaceStrings [ "a" ] [ (throw "q") ] "b"', '"b"')
  fails(
    'builtins.replaceStrings [ "a" ] [ (throw "q") ] "a"',
    'q',
    'while evaluating one of the replacement strings passed to builtins.replaceStrings',
  )
  gives(
    withContext(
      'map builtins.hasContext [ (builtins.replaceStrings [ "b" ] [ s ] "a") (builtins.replaceStrings [ "a" ] [ s ] "a") ]',
    ),
    '[ false true ]',
  )
})

test('replaceStrings compares lengths before it forces anything else', () => {
  fails(
    'builtins.replaceStrings [ (throw "f") ] [ ] (throw "s")',
    "'from' and 'to' arguments passed to builtins.replaceStrings have different lengths",
  )
})

test('toString', () => {
  gives('toString [ 1 [ 2 3 ] [ ] null true false "x" ]', '"1 2 3  1  x"')
  gives('toString 1.5', '"1.500000"')
})

test('baseNameOf and dirOf take strings and paths', () => {
  gives(
    '[ (baseNameOf "a/b/") (baseNameOf /a/b) (dirOf "a") (dirOf "/a") (dirOf /a/b) (dirOf /.) ]',
    '[ "b" "b" "." "/" /a / ]',
  )
})

test('toPath wants an absolute path and makes it canonical', () => {
  gives('builtins.toPath "/a/../b//c/"', '"/b/c"')
  fails('builtins.toPath "a"', "string 'a' doesn't represent an absolute path")
})

test('match and split', () => {
  gives('builtins.match "(a)(b)?" "a"', '[ "a" null ]')
  gives('builtins.match "a" "b"', 'null')
  gives('builtins.split "(a)|(c)" "abc"', '[ "" [ "a" null ] "b" [ null "c" ] "" ]')
  gives(withContext('map builtins.hasContext (builtins.split "x" s)'), '[ true ]')
})

test('a bad pattern is found before the string is forced', () => {
  fails('builtins.match "(" (throw "x")', "invalid regular expression '('")
})

test('hashString', () => {
  gives('builtins.hashString "md5" ""', '"d41d8cd98f00b204e9800998ecf8427e"')
  fails(
    'builtins.hashString "foo" (throw "x")',
    "unknown hash algorithm 'foo', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'",
  )
})

test('convertHash reads any form and writes another', () => {
  gives(
    'builtins.convertHash { hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; toHashFormat = "nix32"; }',
    '"0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73"',
  )
  fails('builtins.convertHash { hash = "a"; }', "attribute 'toHashFormat' missing")
})

test('getContext gives back what appendContext took', () => {
  gives(
    withContext('builtins.getContext s', 'outputs = [ "out" "dev" ]; path = true; allOutputs = true'),
    `{ "${PATH}.drv" = { allOutputs = true; outputs = [ "dev" "out" ]; path = true; }; }`,
  )
})

test('appendContext refuses what is no store path or no derivation', () => {
  fails('builtins.appendContext "a" { foo = 1; }', "context key 'foo' is not a store path")
  fails(
    `builtins.appendContext "a" { "${PATH}".allOutputs = true; }`,
    `tried to add all-outputs context of "${PATH}", which is not a derivation, to a string`,
  )
  fails(
    `builtins.appendContext "a" { "${PATH}".path = throw "p"; }`,
    'p',
    'while evaluating the `path` attribute of a string context',
  )
})

test('contexts of derivations turn into paths and back', () => {
  gives(
    withContext('builtins.getContext (builtins.unsafeDiscardOutputDependency s)', 'allOutputs = true'),
    `{ "${PATH}.drv" = { path = true; }; }`,
  )
  gives(
    withContext('builtins.getContext (builtins.addDrvOutputDependencies s)'),
    `{ "${PATH}.drv" = { allOutputs = true; }; }`,
  )
  fails(
    withContext('builtins.addDrvOutputDependencies s', 'outputs = [ "out" ]'),
    "`addDrvOutputDependencies` can only act on derivations, not on a derivation output such as 'out'",
  )
})

test('names of attributes may not have a context', () => {
  fails(
    withContext('builtins.getAttr s { }'),
    `the string 'a' is not allowed to refer to a store path (such as '${PATH}.drv')`,
    'while evaluating the first argument passed to builtins.getAttr',
  )
})

test('versions', () => {
  gives('builtins.compareVersions "1.0" "1.0pre"', '1')
  gives('builtins.splitVersion "1.2-pre3a"', '[ "1" "2" "pre" "3" "a" ]')
  gives('builtins.parseDrvName "nix-0.12pre12876"', '{ name = "nix"; version = "0.12pre12876"; }')
})

test('fromJSON', () => {
  gives('builtins.fromJSON "{\\"x\\": [1, 2.5, null, true]}"', '{ x = [ 1 2.5 null true ]; }')
  fails(
    'builtins.fromJSON "18446744073709551615"',
    'unsigned json number 18446744073709551615 outside of Nix integer range',
  )
  fails(
    'builtins.fromJSON "{"',
    '[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing object key - unexpected end of input; expected string literal',
    'while decoding a JSON string',
  )
})

test.run()
