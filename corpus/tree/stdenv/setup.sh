# Runs the phases of a build. Every `NAMEPhase` variable holds shell text; the defaults follow.
set -eu
for output in $outputs; do
  eval "prefix_$output=\$$output"
done
prefix=${out:-$(eval echo "\$$(echo $outputs | cut -d' ' -f1)")}

default_unpack() {
  case "${src:-}" in
    '') ;;
    *.tar.*) tar xf "$src" && cd "$(ls -d */ | head -n 1)" ;;
    *) cp -r "$src" source && cd source ;;
  esac
}
default_patch() { for p in ${patches:-}; do patch -p1 <"$p"; done; }
default_configure() { [ ! -x configure ] || ./configure --prefix="$prefix" $configureFlags; }
default_build() { [ ! -f Makefile ] || make ${makeFlags:-}; }
default_check() { make check; }
default_install() { make install; }
default_fixup() { for output in $outputs; do eval "strip_tree \$$output"; done; }
strip_tree() { [ ! -d "$1" ] || find "$1" -type f -name '*.la' -delete; }

if [ -n "${buildCommand:-}" ]; then
  eval "$buildCommand"
else
  for phase in $phases; do
    echo "phase: $phase"
    eval "${!phase}"
  done
fi
