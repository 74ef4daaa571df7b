lib:
let
  cpus = {
    x86_64 = { bits = 64; family = "x86"; endian = "little"; };
    i686 = { bits = 32; family = "x86"; endian = "little"; };
    aarch64 = { bits = 64; family = "arm"; endian = "little"; };
    riscv64 = { bits = 64; family = "riscv"; endian = "little"; };
    powerpc64 = { bits = 64; family = "power"; endian = "big"; };
  };
  kernels = {
    linux = { executable = "elf"; library = ".so"; libc = "glibc"; };
    darwin = { executable = "macho"; library = ".dylib"; libc = "libSystem"; };
    freebsd = { executable = "elf"; library = ".so"; libc = "fblibc"; };
  };
  known = builtins.concatMap (cpu: map (kernel: "${cpu}-${kernel}") (builtins.attrNames kernels)) (builtins.attrNames cpus);
in
{
  all = known;
  unix = known;
  linux = builtins.filter (lib.hasSuffix "-linux") known;
  darwin = builtins.filter (lib.hasSuffix "-darwin") known;
  x86 = builtins.filter (s: (builtins.match "(x86_64|i686)-.*" s) != null) known;

  parse =
    system:
    let
      parts = builtins.match "([a-z0-9_]+)-([a-z]+)" system;
      cpuName = builtins.elemAt parts 0;
      kernelName = builtins.elemAt parts 1;
      cpu = cpus.${cpuName} or (throw "unknown processor '${cpuName}'");
      kernel = kernels.${kernelName} or (throw "unknown kernel '${kernelName}'");
    in
    if parts == null then
      throw "'${system}' is no platform"
    else
      {
        inherit system cpu kernel;
        config = "${cpuName}-unknown-${kernelName}${lib.optionalString (kernelName == "linux") "-gnu"}";
        isLinux = kernelName == "linux";
        isDarwin = kernelName == "darwin";
        isx86 = cpu.family == "x86";
        is64bit = cpu.bits == 64;
        extensions = { inherit (kernel) library; executable = ""; };
      };
}
