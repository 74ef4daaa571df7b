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
