let
  x = "X";
  set = { outPath = "/out/path"; };
  shown = { __toString = self: "shown ${self.name}"; name = "n"; };
in
{
  escapes = "tab\tnewline\ncr\rquote\"backslash\\dollar\${x}unknown\q";
  dollars = "$ $$ $${x} \$\${x} $";
  interpolation = "a${x}b${"c${x}d"}e";
  nestedQuotes = "${"${"${x}"}"}";
  sets = "${set}/bin ${shown}";
  multiline = "one
two";
  concat = "a" + "b" + x;
  pathLike = "/a" + "/b";
  utf8 = "é ü 雪 ❄";
  length = builtins.stringLength "雪";
  empty = "" + "";
  crlf = "a
b";
  compare = [ ("a" < "b") ("a" < "B") ("" < "a") ("ab" < "a") ("é" > "z") ];
  attrNameString = { "a b" = 1; "c${x}" = 2; ${x} = 3; "${x}y" = 4; };
  uri = https://example.org/a?b=c;
  comments = /* one */ "x" /* two /* not nested */ # three
    + "y";
}
