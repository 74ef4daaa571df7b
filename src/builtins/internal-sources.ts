/**
 * `derivation`, which Nix carries inside as Nix code (floor 4), written anew from what it does. Its lines show up in traces,
 * so definitions stand where Nix has them.
 */
export const DERIVATION_SOURCE: string = `/*
  What the builtin \`derivation\` is.

  The work is done by \`derivationStrict\`, and only when somebody asks for a path: it turns the attributes into a
  store derivation and answers \`drvPath\` and a path for each output.

  The result is a set for each output, with these attributes:

    the arguments        as they were given
    drvAttrs             the arguments once more, as one set
    NAME                 the set of the output called NAME
    all                  the sets of all outputs, in their order
    outPath              the path of this output
    drvPath              the path of the store derivation
    outputName           what this output is called
    type                 "derivation", by which others know what it is

  \`derivation\` itself answers the set of the first output.

  Keep every definition at its line and column: positions in this file are seen in traces, by
  \`unsafeGetAttrPos\`, and in the output of \`--xml\`, where they are those of Nix.







*/
drvAttrs@{
  outputs ? [ "out" ],
  ...
}:

let

  strict = derivationStrict drvAttrs;

  commonAttrs =
    drvAttrs
    // (builtins.listToAttrs outputPairs)
    // {
      all = map (x: x.value) outputPairs;
      inherit drvAttrs;
    };

  outputPair = outputName: {
    name = outputName;
    value = commonAttrs // {
      outPath = builtins.getAttr outputName strict;
      drvPath = strict.drvPath;
      type = "derivation";
      inherit outputName;
    };
  };

  outputPairs = map outputPair outputs;

in
(builtins.head outputPairs).value
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
 * are what gives it the derivation path that Nix's file gives it; arguments and attributes stand where Nix has them.
 */
const FETCHURL_SOURCE = `
{
  system ? "", # not looked at
  url,
  hash ? "", # says its algorithm itself

  # The others, of which the first that is there is taken; sha256 if there is none.
  md5 ? "",
  sha1 ? "",
  sha256 ? "",
  sha512 ? "",
  outputHash ?
    (builtins.head (
      builtins.filter (given: given != "") [
        hash
        sha512
        sha1
        md5
      ]
      # Even if it is not there.
      ++ [ sha256 ]
    )),
  outputHashAlgo ?
    (builtins.head (
      builtins.concatMap (h: if h.hash == "" then [ ] else [ h.algo ]) [
        { inherit hash; algo = ""; }
        { hash = sha512; algo = "sha512"; }
        { hash = sha1; algo = "sha1"; }
        { hash = md5; algo = "md5"; }
      ]
      # By the same rule.
      ++ [ "sha256" ]
    )),

  executable ? false,
  unpack ? false,
  name ? baseNameOf (toString url),
  impure ? false,
}:

derivation (
  {
    builder = "builtin:fetchurl";

    # A tree is hashed as an archive, and so is a file that may be run.
    outputHashMode = if unpack || executable then "recursive" else "flat";

    inherit
      name
      url
      executable
      unpack
      ;

    system = "builtin";

    # What takes a download is seldom faster elsewhere.
    preferLocalBuild = true;

    # Without effect today, but part of the derivation's hash.
    impureEnvVars = [
      "http_proxy"
      "https_proxy"
      "ftp_proxy"
      "all_proxy"
      "no_proxy"
    ];

    # Mirrors could be meant.
    urls = [ url ];
  }
  // (if impure then { __impure = true; } else { inherit outputHashAlgo outputHash; })
)
`

/** Files of \`<nix/…>\` by the path that stands for them. */
export const CORE_FILES: ReadonlyMap<string, string> = new Map([['<nix/fetchurl.nix>', FETCHURL_SOURCE]])
