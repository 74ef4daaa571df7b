# Failures are caught in the middle of other work, which goes on with all that it holds.
let
  inherit (builtins)
    addErrorContext
    deepSeq
    elem
    filter
    foldl'
    genList
    map
    sort
    tryEval
    ;
  fails = i: if i - i / 3 * 3 == 0 then throw "no ${toString i}" else i;
  orZero = v: let r = tryEval v; in if r.success then r.value else 0;
  numbers = genList (i: i) 10;
  # As deep as no JavaScript stack: what fails is caught far below who asks.
  deep = n: if n == 0 then orZero (fails 3) + orZero (fails 4) else 1 + deep (n - 1);
  eachCaught = n: if n == 0 then fails 0 else orZero (eachCaught (n - 1)) + fails n;
  shared = fails 6;
  broken = { a = fails 1; b = { c = fails 2; d = fails 3; }; };
  whole = { a = 1; b = { c = 2; d = 4; }; };
in
{
  operands = [ 1 (2 + orZero (fails 3) + 10 * (orZero (fails 4) + orZero (fails 9))) "${toString (orZero (fails 6))}x" ];
  fold = foldl' (sum: i: sum * 2 + orZero (fails i)) 0 numbers;
  sorted = sort (a: b: orZero (fails a) < orZero (fails b)) numbers;
  kept = filter (i: (tryEval (fails i)).success) numbers;
  deep = deep 2000;
  caughtAtEachLevel = eachCaught 500;
  twice = [ (orZero shared) (orZero shared) (tryEval shared).success ];
  inner = tryEval (orZero (throw "inner") + fails 3);
  afterInner = tryEval (orZero (throw "inner") + fails 4);
  context = tryEval (addErrorContext "while ${toString (orZero (fails 3))} and ${deepSeq (map orZero numbers) "on"}" (fails 0));
  brokenContext = tryEval (addErrorContext (throw "message") (fails 0));
  deepSeq = map (v: (tryEval (deepSeq v v)).success) [ broken whole ];
  equal = map (v: orZero (if v == { a = fails 1; b = { c = fails 2; d = fails 4; }; } then 1 else 2)) [ broken whole ];
  differsFirst = tryEval ({ a = fails 3; b = fails 1; } == { a = fails 1; b = fails 2; });
  elem = tryEval (elem { a = 1; b = 2; } [ { a = fails 1; b = fails 2; } { a = fails 3; b = fails 4; } ]);
  notReached = tryEval (elem { a = 1; b = 2; } [ { a = fails 2; b = fails 3; } { a = fails 1; b = fails 2; } ]);
  assertion = (tryEval (assert orZero (fails 3) == 1; 1)).success;
}
