b: q:
''
  a ${b} ''${c}
    d
'' + "x\ty" + http://a.b/c + 1.50 + ~/h + /p/${q}/r
