lib: rec {
  getName = x: if builtins.isString x then (builtins.parseDrvName x).name else x.pname or (builtins.parseDrvName x.name).name;
  getVersion = x: if builtins.isString x then (builtins.parseDrvName x).version else x.version or (builtins.parseDrvName x.name).version;
  getExe = pkg: "${lib.getBin pkg}/bin/${pkg.meta.mainProgram or (getName pkg)}";

  addMeta = extra: drv: drv // { meta = drv.meta or { } // extra; };
  setPrio = priority: addMeta { inherit priority; };
  hiPrio = setPrio (-10);
  lowPrio = setPrio 10;

  # Why a package may not be used with these settings on this platform, or null.
  refusal =
    config: platform: meta:
    let
      licenses = lib.toList (meta.license or [ ]);
    in
    if meta.broken or false && !config.allowBroken then
      "is marked as broken"
    else if !(builtins.all (l: l.free or true) licenses) && !config.allowUnfree then
      "has an unfree license (${lib.concatMapStringsSep ", " (l: l.shortName) licenses})"
    else if meta ? platforms && !(builtins.elem platform.system meta.platforms) then
      "is not available on ${platform.system}"
    else if meta.knownVulnerabilities or [ ] != [ ] then
      "is known to be insecure: ${lib.concatStringsSep "; " meta.knownVulnerabilities}"
    else
      null;
}
