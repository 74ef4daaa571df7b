# An interpreter together with modules and all they need.
{ interpreter, symlinkJoin }:
modules:
let
  closure = builtins.genericClosure {
    startSet = map (m: { key = m.name; inherit m; }) modules;
    operator = item: map (m: { key = m.name; inherit m; }) item.m.dependencies or [ ];
  };
in
symlinkJoin {
  name = "${interpreter.pname}-env";
  paths = [ interpreter ] ++ map (item: item.m) closure;
  postBuild = "echo ${toString (builtins.length closure)} modules\n";
}
