lib: rec {
  id = x: x;
  const = x: _: x;
  flip = f: a: b: f b a;
  pipe = builtins.foldl' (x: f: f x);
  compose = f: g: x: f (g x);

  and = a: b: a && b;
  or' = a: b: a || b;
  xor = a: b: a != b;
  boolText = b: if b then "true" else "false";

  min = a: b: if a < b then a else b;
  max = a: b: if a > b then a else b;
  mod = a: b: a - b * (a / b);
  clamp = low: high: x: max low (min high x);

  # Whether a value is a function, or a set that can be called like one.
  isCallable = f: builtins.isFunction f || (f ? __functor && builtins.isFunction (f.__functor f));

  # The arguments a function names; a functor may say so in `__functionArgs`.
  argsOf = f: if f ? __functor then f.__functionArgs or (argsOf (f.__functor f)) else builtins.functionArgs f;

  # A function that claims to take `args`.
  withArgs = f: args: {
    __functor = self: f;
    __functionArgs = args;
  };

  # Passes `x` on, or fails with `message`.
  throwIfNot = condition: message: if condition then x: x else throw message;

  warn = message: value: builtins.trace "warning: ${message}" value;

  # Writes a number in another base, digits as a list.
  toDigits =
    base: n:
    if n < base then [ n ] else toDigits base (n / base) ++ [ (mod n base) ];

  toHex =
    let
      digits = lib.stringToCharacters "0123456789abcdef";
    in
    n: lib.concatMapStrings (builtins.elemAt digits) (toDigits 16 n);

  fromHex =
    let
      values = builtins.listToAttrs (
        lib.imap0 (value: name: { inherit name value; }) (lib.stringToCharacters "0123456789abcdef")
      );
    in
    text: builtins.foldl' (acc: c: acc * 16 + values.${c}) 0 (lib.stringToCharacters text);

  importJSON = file: builtins.fromJSON (builtins.readFile file);
  importTOML = file: builtins.fromTOML (builtins.readFile file);
}
