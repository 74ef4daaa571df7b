let
  message = n: if n > 0 then message (n - 1) else builtins.head [ ];
in
builtins.addErrorContext (message 2) (throw "the first one")
