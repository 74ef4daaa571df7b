{ lib, runCommand, gcc }:

# Any implementation will do; this one is made of the compiler's own.
runCommand "blas-3" {
  pname = "blas";
  version = "3";
  inherit gcc;
  meta.license = lib.licenses.bsd3;
} "ln -s $gcc/lib $out\n"
