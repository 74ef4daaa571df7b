/**
 * `derivation`, which Nix carries inside as Nix code (floor 4), written anew from what it does: SEMANTICS of
 * `derivationStrict`'s result as a set per output. Its lines show up in traces as «nix-internal»/derivation-internal.nix.
 */
export const DERIVATION_SOURCE: string = `# What \`derivation\` is: \`derivationStrict\` does the work when a path is asked for.
drvAttrs@{ outputs ? [ "out" ], ... }:

let
  strict = derivationStrict drvAttrs;

  # What every output has: the arguments, all outputs by name, and the list of them.
  common = drvAttrs // builtins.listToAttrs named // {
    all = map (output: output.value) named;
    inherit drvAttrs;
  };

  # One output: the common part, and its own path.
  named = map
    (outputName: {
      name = outputName;
      value = common // {
        inherit outputName;
        drvPath = strict.drvPath;
        outPath = builtins.getAttr outputName strict;
        type = "derivation";
      };
    })
    outputs;
in
(builtins.head named).value
`

/**
 * What `import` makes of a .drv file: from its path, name, outputs and their paths, the set that `derivation` would give
 * as far as the file says.
 */
export const IMPORTED_DRV_SOURCE: string = `# A derivation that was read from the store.
drv@{ drvPath, name, outputs, ... }:

let
  common = builtins.listToAttrs named // {
    all = map (output: output.value) named;
    inherit drvPath name;
    type = "derivation";
  };

  named = map
    (outputName: {
      name = outputName;
      value = common // {
        inherit outputName;
        outPath = builtins.getAttr outputName drv;
      };
    })
    outputs;
in
(builtins.head named).value
`

/**
 * `<nix/fetchurl.nix>`: a fixed-output derivation that Nix's own downloader builds. The attributes and their defaults
 * are what gives it the derivation path that Nix's file gives it.
 */
const FETCHURL_SOURCE = `# A file fetched by the builtin builder, checked against a hash.
{ url
, name ? baseNameOf (toString url)
, executable ? false
, unpack ? false
, impure ? false
, hash ? "", sha512 ? "", sha1 ? "", md5 ? "", sha256 ? ""
, outputHash ? null
, outputHashAlgo ? null
, system ? ""
}:

let
  # The first hash that is there: an SRI one, then those that name their algorithm; sha256 if there is none.
  given = builtins.head (builtins.filter (h: h.hash != "") [
    { inherit hash; algo = ""; }
    { hash = sha512; algo = "sha512"; }
    { hash = sha1; algo = "sha1"; }
    { hash = md5; algo = "md5"; }
  ] ++ [ { hash = sha256; algo = "sha256"; } ]);

  either = value: default: if value == null then default else value;
  content = if impure then { __impure = true; } else {
    outputHash = either outputHash given.hash;
    outputHashAlgo = either outputHashAlgo given.algo;
  };
in
derivation (content // {
  inherit name url executable unpack;
  urls = [ url ];
  builder = "builtin:fetchurl";
  system = "builtin";
  outputHashMode = if executable || unpack then "recursive" else "flat";
  preferLocalBuild = true;
  # Without effect today, but part of the derivation's hash.
  impureEnvVars = map (kind: kind + "_proxy") [ "http" "https" "ftp" "all" "no" ];
})
`

/** Files of \`<nix/…>\` by the path that stands for them. */
export const CORE_FILES: ReadonlyMap<string, string> = new Map([['<nix/fetchurl.nix>', FETCHURL_SOURCE]])
