/**
 * How a flake's value is made of its lock file (floor 4), as Nix code written anew from what it does: every node of the
 * lock file becomes what `getFlake` gives of it, when somebody asks. Nix: libflake/call-flake.nix.
 */
export const CALL_FLAKE_SOURCE: string = `# lockText: the lock file. known: nodes that have been fetched already, as { sourceInfo, dir }.
# fetch: gets the tree of a locked input.
lockText: known: fetch:

let
  inherit (builtins) foldl' fromJSON isFunction isList mapAttrs substring;

  lock = fromJSON lockText;

  # The name of the node that an input stands for: itself, or what a path from the root leads to.
  nodeOf = input: if isList input then follow input else input;
  follow = foldl' (name: step: nodeOf lock.nodes.\${name}.inputs.\${step}) lock.root;

  below = base: dir: if dir == "" then base else base + "/" + dir;

  value = name: node:
    let
      locked = node.locked or { };
      isKnown = known ? \${name};
      # An input inside the tree of the flake that names it.
      isInside = !isKnown && locked.type or "" == "path" && substring 0 1 locked.path != "/";
      parent = values.\${follow node.parent};

      sourceInfo =
        if isKnown then known.\${name}.sourceInfo
        else if isInside then parent.sourceInfo
        else fetch (node.info or { } // removeAttrs locked [ "dir" ]);

      base = if isInside then below parent.outPath locked.path else sourceInfo.outPath;
      outPath = below base (known.\${name}.dir or locked.dir or "");

      flake = import (outPath + "/flake.nix");
      inputs = mapAttrs (_: input: values.\${nodeOf input}.result) (node.inputs or { });
      outputs = flake.outputs (inputs // { self = result; });
      result = outputs // sourceInfo // {
        inherit inputs outPath outputs sourceInfo;
        _type = "flake";
      };
    in
    {
      inherit outPath sourceInfo;
      result =
        if node.flake or true then assert isFunction flake.outputs; result
        else sourceInfo // { inherit outPath sourceInfo; };
    };

  values = mapAttrs value lock.nodes;
in
values.\${lock.root}.result
`
