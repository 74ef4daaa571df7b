# Fixed points of functions on sets, and the ways to lay one set over another.
rec {
  # The set that `f` gives when it is handed that same set.
  fix =
    f:
    let
      self = f self;
    in
    self;

  # Like `fix`, with the function kept in `__unfix__` so that it can be extended later.
  fixKeeping =
    f:
    let
      self = f self // {
        __unfix__ = f;
      };
    in
    self;

  # Repeats `f` from `x` until nothing changes.
  converge =
    f: x:
    let
      next = f x;
    in
    if next == x then x else converge f next;

  # Lays `overlay = final: prev: { ... }` over the function `f = final: { ... }`.
  extends =
    overlay: f: final:
    let
      prev = f final;
    in
    prev // overlay final prev;

  # Two overlays as one; the second sees the result of the first.
  composeExtensions =
    first: second: final: prev:
    let
      over = first final prev;
    in
    over // second final (prev // over);

  composeManyExtensions = builtins.foldl' composeExtensions (final: prev: { });

  # A set with an `extend` function that gives the same set with an overlay applied.
  makeExtensible =
    f:
    fix (
      self:
      f self
      // {
        extend = overlay: makeExtensible (extends overlay f);
      }
    );

  # A function's set as an overlay, and an overlay as a function that takes no arguments from below.
  toOverlay = f: if builtins.isFunction f then (final: prev: if builtins.isFunction (f final) then f final prev else f prev) else (final: prev: f);
}
