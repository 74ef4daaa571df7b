builtins.addErrorContext "in the outer" (
  builtins.addErrorContext "in the inner" (1 + { })
)
