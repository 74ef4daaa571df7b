# The store's folder is there, whether the machine has a store or not; what it lacks is not.
[
  (builtins.pathExists builtins.storeDir)
  (builtins.readFileType builtins.storeDir)
  (builtins.pathExists "${builtins.storeDir}/00000000000000000000000000000000-none")
]
