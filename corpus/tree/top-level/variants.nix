# Variants of packages under names of their own. scripts/grow-corpus.mjs writes more of these when it grows the tree.
final: prev: {
  htoplet-static = final.htoplet.override { ncurses = final.ncurses.overrideAttrs { configureFlags = [ "--static" ]; }; };
  nginxlet-docs = final.nginxlet.override { withDocs = true; };
}
