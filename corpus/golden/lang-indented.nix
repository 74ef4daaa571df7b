let
  x = "X";
in
{
  plain = ''
    one
      two
    three
  '';
  sameLine = ''one
    two'';
  empty = '''';
  onlySpaces = ''   '';
  blankLines = ''

    a

    b
  '';
  escapes = ''
    quote ''' dollar ''${x} and $${x} and ''\t and ''\n.
  '';
  interpolation = ''
    a ${x}
      b ${''inner ${x}''}
  '';
  firstLineInterpolated = ''
    ${x}
      deeper
  '';
  tabs = ''
	tab
  two
  '';
  lastLine = ''
    a
    b'';
  dedentStops = ''
      six
    four
     five
  '';
  dollarEnd = ''cost: 5$'';
  singleQuotes = ''it's 'quoted' '';
  trailingSpaces = ''
    a   
    b
  '';
}
