# The standard environment, built in stages. Each stage is a package set of its own in which the stdenv comes from the
# stage before: seed (downloaded binaries) -> first (own compiler, seed libraries) -> final. Packages see the final one.
final: prev:
let
  inherit (final) lib platform config;
  seed = import ./seed.nix { inherit lib platform; };

  makeStdenv =
    {
      name,
      shell,
      cc,
      initialPath,
    }:
    let
      stdenv = {
        inherit name shell cc initialPath;
        inherit platform;
        inherit (platform) system;
        mkDerivation = import ./make-derivation.nix { inherit lib config stdenv; };
        type = "stdenv";
        isStdenv = true;
        # The same environment with changes to what it is made of.
        override = change: makeStdenv ({ inherit name shell cc initialPath; } // change);
      };
    in
    stdenv;

  stage0 = makeStdenv {
    name = "stdenv-seed";
    inherit (seed) shell;
    cc = null;
    initialPath = [ seed.tools ];
  };

  # The few packages a stage needs, built with the stdenv of the stage before.
  toolsFrom = stdenv: rec {
    zlib = import ../pkgs/core/zlib.nix { inherit lib stdenv fetchurl; };
    binutils = import ../pkgs/core/binutils.nix { inherit lib stdenv fetchurl zlib; };
    libc = import ../pkgs/core/libc.nix { inherit lib stdenv fetchurl; };
    gcc = import ../pkgs/core/gcc.nix { inherit lib stdenv fetchurl zlib binutils libc; };
    bash = import ../pkgs/core/bash.nix { inherit lib stdenv fetchurl; };
    coreutils = import ../pkgs/core/coreutils.nix { inherit lib stdenv fetchurl; };
    gnumake = import ../pkgs/core/gnumake.nix { inherit lib stdenv fetchurl; };
    fetchurl = import ./fetchurl.nix { inherit lib; inherit (platform) system; };
  };

  tools1 = toolsFrom stage0;
  stage1 = makeStdenv {
    name = "stdenv-first";
    inherit (seed) shell;
    cc = wrap tools1;
    initialPath = [ seed.tools tools1.gnumake ];
  };

  tools2 = toolsFrom stage1;
  stage2 = makeStdenv {
    name = "stdenv";
    shell = "${tools2.bash}/bin/bash";
    cc = wrap tools2;
    initialPath = [ tools2.coreutils tools2.gnumake tools2.bash ];
  };

  wrap = tools: stage0.mkDerivation {
    pname = "cc-wrapper";
    inherit (tools.gcc) version;
    inherit (tools) gcc libc binutils;
    buildCommand = ''
      mkdir -p $out/bin
      for tool in cc c++ ld; do
        echo "exec $gcc/bin/$tool -B$libc/lib -B$binutils/bin \"\$@\"" > $out/bin/$tool
        chmod +x $out/bin/$tool
      done
    '';
    passthru = { inherit (tools) gcc libc binutils; isWrapper = true; };
    meta.description = "The compiler with its C library and linker";
  };
in
{
  stages = [ stage0 stage1 stage2 ];
  stdenv = stage2;
  stdenvNoCC = stage2.override { name = "stdenv-no-cc"; cc = null; };
  inherit (tools2) bash coreutils gnumake zlib binutils libc gcc;
  fetchurl = lib.makeOverridable tools2.fetchurl;
  cc = stage2.cc;
}
