{ lib, stdenv, fetchFromForge }:
let
  src = fetchFromForge {
    owner = "firn";
    repo = "small-tools";
    rev = "0b1c2d3e4f5a69788796a5b4c3d2e1f001122334";
    sha256 = "0p6ckmvd3b54xwyrwlg5vzjz2apnpvaayv2mgy9l8ak5fjg91l8h";
  };
  tool =
    pname: description:
    stdenv.mkDerivation {
      inherit pname src;
      version = "1.4";
      sourceRoot = "source/${pname}";
      meta = { inherit description; license = lib.licenses.mit; };
    };
in
{
  countlines = tool "countlines" "Counts lines";
  sortlines = tool "sortlines" "Sorts lines";
  joinlines = tool "joinlines" "Joins lines";
}
