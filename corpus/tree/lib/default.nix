# The library: one set made of the sets in this folder, tied together by a fixed point so that each file may use all.
let
  fixedPoints = import ./fixed-points.nix;

  parts = self: {
    trivial = import ./trivial.nix self;
    inherit fixedPoints;
    attrsets = import ./attrsets.nix self;
    lists = import ./lists.nix self;
    strings = import ./strings.nix self;
    versions = import ./versions.nix self;
    customisation = import ./customisation.nix self;
    platforms = import ./platforms.nix self;
    licenses = import ./licenses.nix;
    meta = import ./meta.nix self;
    options = import ./options.nix self;
    types = import ./types.nix self;
    modules = import ./modules.nix self;
  };

  # What is used so often that it is there without the name of its file.
  flat =
    parts:
    parts.trivial
    // parts.fixedPoints
    // parts.attrsets
    // parts.lists
    // parts.strings
    // parts.customisation
    // {
      inherit (parts.versions) versionOlder versionAtLeast majorMinor;
      inherit (parts.meta) getName getVersion getExe hiPrio lowPrio;
      inherit (parts.options) mkOption mkEnableOption mkPackageOption;
      inherit (parts.modules)
        evalModules
        mkIf
        mkMerge
        mkDefault
        mkForce
        mkOverride
        mkOrder
        mkBefore
        mkAfter
        ;
    };
in
fixedPoints.makeExtensible (
  self:
  let
    own = parts self;
  in
  flat own // own
)
