/** What `firnix-instantiate --help` prints (floor 7). */

export const HELP = `Usage: nix-instantiate [OPTIONS] [FILE...]
       nix-instantiate --eval [--strict] [--json | --xml | --raw] [OPTIONS] [FILE...]
       nix-instantiate --parse [OPTIONS] [FILE...]
       nix-instantiate --find-file NAME...

Evaluates Nix expressions with Firnix: by default prints the derivations they stand for, with --eval their values.
Without FILE it reads ./default.nix.

What is evaluated
  FILE                    a file, a directory with a default.nix, <name>, or a URL
  -                       standard input
  -E, --expr              operands are expressions, not files
  -A, --attr PATH         take this attribute of the value; may be repeated
  --arg NAME EXPR         argument for functions that are called automatically
  --argstr NAME STRING    the same, a string
  --arg-from-file NAME FILE, --arg-from-stdin NAME
  -I, --include PATH      add to the search path

What is printed
  --eval                  the value; parts that nobody needed are <CODE>
  --strict                with everything in it evaluated
  --json, --xml, --raw    in another form
  --no-location           XML without places in source
  --parse                 the syntax tree
  --find-file             where names are found on the search path
  --add-root PATH, --indirect, --dry-run
                          taken for the sake of scripts: nothing is written

How
  --show-trace            errors with all frames
  --pure-eval, --restrict-eval, --impure
  --readonly-mode, --read-write-mode
  --max-call-depth N      at most this many calls inside each other (10000)
  --cache-dir DIR, --no-cache, --cache-results, --explain-cache, --no-jit
                          the cache of compiled files
  --warnings              what the compiler has to say about the source
  --stats                 what the run cost
  --profile FILE          where its time went, as folded stacks for flamegraph.pl and the like
  --format-errors text|json, --color, --no-color
  --option NAME VALUE     a setting of Nix; each is also a flag: --NAME VALUE, or --NAME and --no-NAME
  --version, --help

Settings that limit or steer builds are taken and have no effect.
`
