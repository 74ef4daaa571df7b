# Packages that need more than a call with the defaults: other arguments, sets of packages, variants of others.
final: prev:
let
  inherit (final) callPackage callPackages lib;
in
{
  hello-loud = final.hello.override { greeting = "HELLO, WORLD!"; };
  hello-next = final.hello.overrideAttrs (self: prev: {
    version = "2.13";
    doCheck = false;
    passthru = prev.passthru // { upcoming = true; };
  });

  gcc-c-only = callPackage ../pkgs/core/gcc.nix { languages = [ "c" ]; };

  curl-minimal = final.curl.override { zstd = null; extraFlags = [ "--without-zstd" ]; };
  openssl-legacy = callPackage ../pkgs/by-name/op/openssl/package.nix { perl = final.busylet; };
  vimlet-full = final.vimlet.override (prev: { withDocs = true; extraFlags = prev.extraFlags or [ ] ++ [ "--enable-gui" ]; });

  pythonPackages = lib.recurseIntoAttrs final.python.pkgs;
  pythonWithWeb = final.python.withPackages (ps: [ ps.flasklet ps.requests ]);

  # A set of small tools that share their source.
  inherit (callPackages ../pkgs/small-tools.nix { }) countlines sortlines joinlines;

  motd = final.writeText "motd" ''
    Welcome to ${final.platform.config}.
      ${lib.concatMapStringsSep "\n  " (p: "${lib.getName p} ${lib.getVersion p}") [
        final.hello
        final.bash
      ]}
  '';

  shellTools = final.symlinkJoin {
    name = "shell-tools";
    paths = [ final.bash final.coreutils final.htoplet final.tmuxlet ];
  };

  # Builds with everything static, as an overlay on the whole set.
  staticPackages = final.appendOverlays [
    (self: super: {
      zlib = super.zlib.overrideAttrs (old: { configureFlags = [ "--static" ]; });
      variant = "static";
    })
  ];
}
