builtins.fromTOML ''
  title = "firn" # a comment
  int = 1_000
  hex = 0xff
  oct = 0o17
  bin = 0b101
  neg = -17
  float = 1.5
  exp = 1e3
  yes = true
  list = [ 1, 2, [ "a", 'b' ], ]
  literal = 'C:\path'
  multi = """
  one
    two \
    joined"""
  "quoted key" = 1
  dotted.key.deep = 2
  inline = { a = 1, b.c = 2 }
  unicode = "\u00e9\U0001F600"

  [table]
  x = 1

  [table.sub]
  y = 2

  [[array]]
  n = 1

  [[array]]
  n = 2

  [array.inner]
  m = 3
''
