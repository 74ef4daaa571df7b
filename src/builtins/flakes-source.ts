/**
 * How a flake's value is made of its lock file (floor 4), as Nix code written anew from what it does. Nix:
 * libflake/call-flake.nix.
 */

/** What positions in `CALL_FLAKE_SOURCE` say. */
export const CALL_FLAKE_NAME = '\xc2\xabflakes-internal\xc2\xbb/call-flake.nix'

/**
 * Every node of the lock file becomes what `getFlake` gives of it, when somebody asks. Its lines show up in traces, so
 * what is seen there stands where Nix has it.
 */
export const CALL_FLAKE_SOURCE: string = `
# What a flake is worth: takes

# the text of its lock file,
lockFileStr:

# nodes of the lock file whose trees are there already, by their names, as { sourceInfo, dir }
#
# (among them the flake itself, and inputs that were overridden with trees that nothing locks)
#
#
overrides:

# and what fetches a locked input.
fetchTreeFinal:

let
  inherit (builtins) fromJSON head isList mapAttrs substring tail;

  lockFile = fromJSON lockFileStr;

  # The name of the node that an input stands for: itself,
  #
  # or what a path from the root leads to.
  resolveInput =
    inputSpec: if isList inputSpec then getInputByPath lockFile.root inputSpec else inputSpec;

  # Each step of the path may itself be a path from the root.
  #
  getInputByPath =
    nodeName: path:
    if path == [ ] then
      nodeName
    else
      getInputByPath
        #
        (resolveInput lockFile.nodes.\${nodeName}.inputs.\${head path})
        (tail path);

  allNodes = mapAttrs (
    key: node:
    let
      hasOverride = overrides ? \${key};
      isRelative = node.locked.type or null == "path" && substring 0 1 node.locked.path != "/";

      parentNode = allNodes.\${getInputByPath lockFile.root node.parent};

      sourceInfo =
        if hasOverride then
          overrides.\${key}.sourceInfo
        else if isRelative then
          parentNode.sourceInfo
        else
          # Lock files of old have half of it in "info".
          #
          fetchTreeFinal (node.info or { } // removeAttrs node.locked [ "dir" ]);

      subdir = overrides.\${key}.dir or node.locked.dir or "";

      outPath =
        if !hasOverride && isRelative then
          parentNode.outPath + (if node.locked.path == "" then "" else "/" + node.locked.path)
        else
          sourceInfo.outPath + (if subdir == "" then "" else "/" + subdir);

      flake = import (outPath + "/flake.nix");

      inputs = mapAttrs (inputName: inputSpec: let node = resolveInput inputSpec; in allNodes.\${node}.result) (
        node.inputs or { }
      );

      outputs = flake.outputs (inputs // { self = result; });

      result =
        outputs
        # What is known of the tree belongs to the flake, too,
        #
        #
        #
        # but for its place, which may be further down.
        // sourceInfo
        // {
          #
          inherit outPath;

          inherit inputs;
          inherit outputs;
          inherit sourceInfo;
          _type = "flake";
        };

    in
    {
      result =
        if node.flake or true then
          assert builtins.isFunction flake.outputs;
          result
        else
          sourceInfo // { inherit sourceInfo outPath; };

      inherit outPath sourceInfo;
    }
  ) lockFile.nodes;

in
allNodes.\${lockFile.root}.result
`
