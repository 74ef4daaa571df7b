# `or` is a keyword that may be a name in some places.
{
  attribute = { or = 1; }.or;
  defaulted = { }.a or 2;
  application = (f: x: f x) (x: x) { }.b or 3;
  nested = { a = { }; }.a.b.c or 4;
  inherited = let s = { or = 5; }; in { inherit (s) or; };
  missingSetInPath = (1).a or 6;
}
