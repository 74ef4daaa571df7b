# What every package is made with: a derivation with phases, outputs and checked meta information. The arguments may be a
# function of the finished package (`self: { ... }`).
{ lib, config, stdenv }:
let
  inherit (builtins) elem filter isFunction map;

  dependencyKinds = [
    "nativeBuildInputs"
    "buildInputs"
    "propagatedBuildInputs"
  ];
  # Attributes that steer this function and are not for the builder.
  consumed = [ "pname" "version" "name" "meta" "passthru" "pos" "phases" "doCheck" "hooks" ] ++ dependencyKinds;

  standardPhases = [ "unpack" "patch" "configure" "build" "check" "install" "fixup" ];

  make =
    build:
    let
      args = build self;
      name = args.name or "${args.pname}-${args.version}";
      outputs = args.outputs or [ "out" ];
      doCheck = args.doCheck or false;
      inputs = kind: filter (input: input != null) (lib.flatten (args.${kind} or [ ]));

      # Direct inputs and what they pass on, each once.
      closureOf =
        pkgs:
        map (item: item.pkg) (
          builtins.genericClosure {
            startSet = map keyed pkgs;
            operator = item: map keyed (item.pkg.propagated or [ ]);
          }
        );
      keyed = pkg: { key = pkg.name or (toString pkg); inherit pkg; };

      phases = filter (phase: phase != "check" || doCheck) (args.phases or standardPhases);
      phaseText =
        phase:
        lib.concatStrings [
          (args."pre${lib.capitalise phase}" or "")
          (args."${phase}Phase" or "default_${phase}\n")
          (args."post${lib.capitalise phase}" or "")
        ];

      position = builtins.unsafeGetAttrPos "pname" args;
      meta = {
        inherit name;
        available = refusal == null;
        outputsToInstall = [ (if elem "bin" outputs then "bin" else builtins.head outputs) ];
      }
      // lib.optionalAttrs (position != null) { position = "${baseNameOf position.file}:${toString position.line}"; }
      // args.meta or { };
      refusal = lib.meta.refusal config stdenv.platform (args.meta or { });
      checked = value:
        if refusal == null then
          value
        else
          throw "package '${name}' ${refusal}; it is not evaluated";

      forBuilder =
        removeAttrs args consumed
        // {
          inherit name outputs;
          inherit (stdenv) system;
          builder = stdenv.shell;
          args = [ "-e" (args.builder or ./setup.sh) ];
          stdenv = stdenv.name;
          PATH = lib.makeBinPath (inputs "nativeBuildInputs" ++ lib.optional (stdenv.cc != null) stdenv.cc ++ stdenv.initialPath);
          hostConfig = stdenv.platform.config;
          phases = map (phase: "${phase}Phase") phases;
        }
        // builtins.listToAttrs (map (phase: lib.nameValuePair "${phase}Phase" (phaseText phase)) phases)
        // builtins.listToAttrs (map (kind: lib.nameValuePair kind (inputs kind)) dependencyKinds)
        // {
          buildInputs = closureOf (inputs "buildInputs");
          configureFlags = map toString (args.configureFlags or [ ]);
          doCheck = doCheck;
        };

      drv = derivation forBuilder;

      outputsOf = builtins.listToAttrs (map (output: lib.nameValuePair output (extend (drv.${output}))) outputs);
      extend =
        value:
        value
        // {
          inherit meta stdenv;
          pname = args.pname or (lib.getName name);
          version = args.version or (lib.getVersion name);
          src = args.src or null;
          propagated = inputs "propagatedBuildInputs";
          outPath = checked value.outPath;
          drvPath = checked value.drvPath;
          passthru = args.passthru or { };
          overrideAttrs =
            change:
            make (
              self:
              let
                prev = build self;
              in
              # Changes may be a set, a function of what was there, or of the finished package and what was there.
              prev // (if isFunction change then (if isFunction (change prev) then change self prev else change prev) else change)
            );
        }
        // args.passthru or { }
        // outputsOf;
      self = extend drv;
    in
    self;
in
args: make (if isFunction args then args else _: args)
