builtins.mapAttrs
  (
    shortName: { id ? shortName, free ? true, name }:
    {
      inherit shortName free;
      spdxId = id;
      fullName = name;
    }
  )
  {
    mit = { id = "MIT"; name = "MIT License"; };
    bsd3 = { id = "BSD-3-Clause"; name = "BSD 3-clause License"; };
    apache2 = { id = "Apache-2.0"; name = "Apache License 2.0"; };
    gpl2Plus = { id = "GPL-2.0-or-later"; name = "GNU General Public License v2.0 or later"; };
    gpl3Plus = { id = "GPL-3.0-or-later"; name = "GNU General Public License v3.0 or later"; };
    lgpl21Plus = { id = "LGPL-2.1-or-later"; name = "GNU Lesser General Public License v2.1 or later"; };
    mpl2 = { id = "MPL-2.0"; name = "Mozilla Public License 2.0"; };
    zlib = { id = "Zlib"; name = "zlib License"; };
    publicDomain = { name = "Public Domain"; };
    unfree = { free = false; name = "Unfree"; };
  }
