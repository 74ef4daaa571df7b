let
  inner = x: x.missing;
in
{
  value = inner { };
}
