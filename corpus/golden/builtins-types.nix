with builtins;
{
  typeOf = map typeOf [ 1 1.0 "s" /p true null [ ] { } (x: x) map ];
  isInt = map isInt [ 1 1.0 "1" ];
  isFloat = map isFloat [ 1 1.0 ];
  isBool = map isBool [ true 0 ];
  isString = map isString [ "s" /p { outPath = "x"; } ];
  isPath = map isPath [ /p "/p" ];
  isNull = map isNull [ null 0 "" ];
  isList = map isList [ [ ] { } ];
  isFunction = map isFunction [ (x: x) map (map map) { __functor = s: x: x; } ];
  tryEval = [
    (tryEval 1) (tryEval (throw "x")) (tryEval (assert false; 1)) (tryEval { a = throw "deep"; }).success
    (tryEval (tryEval (throw "x"))) (tryEval (deepSeq [ (throw "x") ] 1)) (tryEval <firnix-nowhere>)
  ];
  seq = [ (seq 1 2) (seq { a = throw "x"; } 3) (tryEval (seq (throw "x") 1)) ];
  deepSeq = [ (deepSeq { a = [ 1 ]; } 2) (tryEval (deepSeq { a = throw "x"; } 2)) ];
  deepSeqCycle = let x = { inherit x; y = 1; }; in deepSeq x "done";
  constants = [ true false null langVersion storeDir (isString nixVersion) (isList nixPath) ];
  selfReference = builtins.builtins.builtins ? map;
  arithmetic = [ (add 1 2) (sub 1 2) (mul 2 3) (div 7 2) (add 1 1.5) (div 1.0 4) (lessThan 1 2) (lessThan "a" "b") ];
  bits = [ (bitAnd 12 10) (bitOr 12 10) (bitXor 12 10) (bitAnd (-1) 255) (bitOr (-8) 3) (bitXor (-1) 5) ];
  rounding = [ (floor 1.7) (floor (-1.2)) (ceil 1.2) (ceil (-1.7)) (floor 5) (ceil 5) ];
  globals = [ (map (x: x) [ 1 ]) (toString 1) (removeAttrs { a = 1; } [ "a" ]) (isNull null) (baseNameOf "/a") (dirOf "/a/b") ];
  underscored = [ (__add 1 2) (__length [ 1 ]) (__head [ 5 ]) (__isInt 1) ];
  trace = [ (traceVerbose "never" 1) ];
  unsafeGetAttrPos = (unsafeGetAttrPos "a" { a = 1; }).line;
  unsafeGetAttrPosMissing = unsafeGetAttrPos "b" { a = 1; };
  contexts = [ (hasContext "a") (getContext "a") (unsafeDiscardStringContext "a") (unsafeDiscardOutputDependency "a") ];
  getEnv = getEnv "FIRNIX_SURELY_UNSET";
  placeholder = placeholder "out";
  errorContext = addErrorContext "unused" 1;
  breakIdentity = builtins.break 1;
}
