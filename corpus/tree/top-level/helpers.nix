# Functions that make packages out of something else than a source archive.
final: prev:
let
  inherit (final) lib stdenv;
in
{
  runCommand =
    name: env: buildCommand:
    final.stdenvNoCC.mkDerivation ({ inherit name buildCommand; } // env);

  writeText =
    name: text:
    final.runCommand name { inherit text; passAsFile = [ "text" ]; } ''
      cp "$textPath" "$out"
    '';

  writeScriptBin =
    name: text:
    final.runCommand name { inherit text; meta.mainProgram = name; } ''
      mkdir -p $out/bin
      printf '#!%s\n%s' ${final.bash}/bin/bash "$text" > $out/bin/${name}
      chmod +x $out/bin/${name}
    '';

  symlinkJoin =
    {
      name,
      paths,
      postBuild ? "",
    }:
    final.runCommand name { inherit paths; passthru = { inherit paths; }; } ''
      mkdir -p $out
      for path in $paths; do cp -rs $path/. $out/; done
      ${postBuild}
    '';

  fetchFromForge =
    {
      owner,
      repo,
      rev,
      sha256,
      forge ? "forge.example.org",
    }:
    final.fetchurl {
      url = "https://${forge}/${owner}/${repo}/archive/${rev}.tar.gz";
      name = "${repo}-${lib.substring 0 7 rev}.tar.gz";
      inherit sha256;
    };

  # Packages of one interpreter: each sees the others of that interpreter first.
  makeInterpreterPackages =
    interpreter: overlay:
    lib.makeScope final (
      lib.extends overlay (self: {
        inherit interpreter;
        buildModule =
          {
            pname,
            version,
            dependencies ? [ ],
            ...
          }@args:
          stdenv.mkDerivation (
            removeAttrs args [ "dependencies" ]
            // {
              name = "${interpreter.pname}${lib.versions.majorMinor interpreter.version}-${pname}-${version}";
              nativeBuildInputs = [ interpreter ];
              propagatedBuildInputs = dependencies ++ [ interpreter ];
              buildPhase = "${interpreter.pname} -m build\n";
              passthru = { inherit dependencies; } // args.passthru or { };
            }
          );
      })
    );
}
