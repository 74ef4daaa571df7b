# A machine's configuration, made of modules. `import ./system { configuration = ./example.nix; }` gives the evaluated
# options, the configuration and `toplevel`, the package that holds the whole system.
{
  configuration ? ./example.nix,
  system ? "x86_64-linux",
  pkgs ? import ../. { inherit system; },
}:
let
  inherit (pkgs) lib;
  evaluated = lib.evalModules {
    modules = import ./modules/list.nix ++ lib.toList configuration;
    specialArgs = { modulesPath = ./modules; };
  };
  withPkgs = evaluated.extend [ { _file = "system/default.nix"; config._module.args = { inherit pkgs; }; } ];
in
{
  inherit (withPkgs) config options;
  inherit (withPkgs.config.system) toplevel;
  manual = lib.options.listOptions withPkgs.options;
}
