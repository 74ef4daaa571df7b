# `a > b` is `b < a`, and the default of a formal comes before its name.
{ limit ? size > count, counted }: limit
