lib:
let
  inherit (builtins)
    concatStringsSep
    elemAt
    filter
    genList
    isList
    length
    map
    match
    replaceStrings
    split
    stringLength
    substring
    ;
in
rec {
  inherit concatStringsSep replaceStrings stringLength substring;

  concatStrings = concatStringsSep "";
  concatMapStrings = f: xs: concatStrings (map f xs);
  concatMapStringsSep = sep: f: xs: concatStringsSep sep (map f xs);
  concatLines = concatMapStrings (line: line + "\n");
  optionalString = condition: text: if condition then text else "";
  stringToCharacters = text: genList (i: substring i 1 text) (stringLength text);
  splitString = sep: text: filter (part: !isList part) (split (escapeRegex sep) text);
  lines = text: filter (line: line != "") (splitString "\n" text);

  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  hasSuffix =
    suffix: text:
    let
      start = stringLength text - stringLength suffix;
    in
    start >= 0 && substring start (stringLength suffix) text == suffix;
  hasInfix = infix: text: match ".*${escapeRegex infix}.*" (replaceStrings [ "\n" ] [ " " ] text) != null;
  removePrefix = prefix: text: if hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
  removeSuffix =
    suffix: text:
    if hasSuffix suffix text then substring 0 (stringLength text - stringLength suffix) text else text;

  escape = chars: replaceStrings chars (map (c: "\\${c}") chars);
  escapeRegex = escape (stringToCharacters "\\[{()^$?*+|.");
  quoteShell = text: if match "[A-Za-z0-9_./:=@%+-]+" text != null then text else "'${replaceStrings [ "'" ] [ "'\\''" ] text}'";
  quoteShellAll = concatMapStringsSep " " quoteShell;
  quoteNix = text: "\"${escape [ "\"" "\\" "$" ] text}\"";

  lower = stringToCharacters "abcdefghijklmnopqrstuvwxyz";
  upper = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  toLower = replaceStrings upper lower;
  toUpper = replaceStrings lower upper;
  capitalise = text: toUpper (substring 0 1 text) + substring 1 (-1) text;
  camelToKebab =
    text:
    concatMapStrings (c: if builtins.elem c upper then "-${toLower c}" else c) (stringToCharacters text);

  trim = text: let found = match "[[:space:]]*(.*[^[:space:]])[[:space:]]*" text; in if found == null then "" else elemAt found 0;
  fixedWidth =
    width: fill: text:
    concatStrings (genList (_: fill) (lib.max 0 (width - stringLength text))) + text;
  isStorePath = x: (builtins.isString x || x ? outPath) && hasPrefix "${builtins.storeDir}/" (toString x);
  toInt =
    text:
    let
      found = match "[[:space:]]*(-?)0*([0-9]+)[[:space:]]*" text;
      value = builtins.fromJSON (elemAt found 1);
    in
    if found == null then throw "'${text}' is no integer" else if elemAt found 0 == "-" then -value else value;

  makeSearchPath = sub: pkgs: concatMapStringsSep ":" (pkg: "${pkg}/${sub}") (filter (pkg: pkg != null) pkgs);
  makeBinPath = pkgs: makeSearchPath "bin" (map lib.getBin pkgs);
  makeLibraryPath = pkgs: makeSearchPath "lib" (map lib.getLib pkgs);

  # A value as the text of a configuration file: one `key = value` per line.
  toKeyValue =
    {
      sep ? " = ",
      quote ? (x: x),
    }:
    set:
    concatLines (lib.mapAttrsToList (name: value: "${name}${sep}${quote (showValue value)}") set);
  showValue = value: if builtins.isBool value then (if value then "true" else "false") else toString value;
  toINI = sections: concatStringsSep "\n" (lib.mapAttrsToList (name: set: "[${name}]\n" + toKeyValue { } set) sections);

}
