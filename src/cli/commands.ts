/**
 * The commands of `firnix` (floor 7): one table from which they are found and the help is printed. To add a command,
 * write `commands/NAME.ts` with a function that answers the exit code, and add it here.
 */

import { NIX_VERSION } from '../evaluator.ts'
import { cacheCommand } from './commands/cache.ts'
import { dumpCommand } from './commands/dump.ts'
import { evalCommand } from './commands/eval.ts'
import { jobsCommand } from './commands/jobs.ts'
import { parseCommand } from './commands/parse.ts'
import { instantiate } from './instantiate.ts'
import type { Program } from './program.ts'

/** The version of Firnix. */
export const VERSION: string = `0.1.0 (as Nix ${NIX_VERSION})`

export interface Command {
  readonly name: string
  /** What it is given, for usage lines. */
  readonly operands: string
  readonly summary: string
  /** What `firnix NAME --help` prints. */
  readonly help: string
  /** Answers the exit code. `program.words` are the words after its name. */
  readonly run: (program: Program) => Promise<number>
}

const COMMON = `
Everywhere:
  --arg NAME EXPR, --argstr NAME STRING, -I PATH, --system SYSTEM, --impure, --pure-eval
  --show-trace, --warnings, --stats, --max-call-depth N, --no-jit
  --profile FILE        where the time of the evaluation went, as folded stacks for flamegraph.pl and the like
  --cache-dir DIR, --no-cache, --cache-check stamp|hash, --cache-results, --explain-cache
  --format-errors text|json, --color, --no-color, --readonly-mode, --read-write-mode
  --option NAME VALUE; every setting of Nix is also a flag
`

const EVAL_HELP = `Usage: firnix eval [FILE | -] [-E EXPR] [-A PATH]... [OPTIONS]

Evaluates an expression and prints its value, with everything in it evaluated, as \`nix eval\` does.
Without FILE and -E it reads ./default.nix; - is standard input.

  -E, --expr EXPR       an expression
  -f, --file FILE       the same as FILE
  -A, --attr PATH       take this attribute of the value; may be repeated
  --flake REF[#ATTR]    an output of a flake, evaluated purely unless --impure is given, with
    --write-lock-file, --output-lock-file FILE, --no-update-lock-file, --override-input PATH REF, --no-registries
  --apply FUNCTION      print what this function makes of the value
  --json, --xml, --raw  another form
  --strict              taken for the sake of scripts: everything is evaluated anyway
${COMMON}`

const INSTANTIATE_HELP = `Usage: firnix instantiate [FILE] [-A PATH]... [OPTIONS]

Prints the paths of the derivations that an expression stands for.
Takes the options of nix-instantiate; see firnix-instantiate --help.

  --store daemon        add them, with all they need to be built, to the store of the running nix-daemon
  --store unix://SOCKET the same for the daemon at this socket
  --store DIR           add them to DIR/nix/store, a directory shaped like a store (begins with / or .)

Without --store nothing is written. With a daemon, import from derivation builds what is imported.
${COMMON}`

const JOBS_HELP = `Usage: firnix jobs [FILE | FOLDER | -E EXPR] [-A PATH]... [OPTIONS]

Evaluates every attribute of a tree and prints one line of JSON for each derivation, and for each attribute that fails,
as nix-eval-jobs does. It enters the outermost set, and the sets in it that have recurseForDerivations = true.

  -A, --attr PATH       begin with this attribute; may be repeated
  --force-recurse       enter all sets
  --select FUNCTION     begin with what this function makes of the value
  --apply FUNCTION      add what this function makes of each derivation, as extraValue
  --meta, --show-input-drvs, --constituents
                        add these to each line
  --workers N           evaluate in N processes, each with memory of its own; all lines come in the same order (1; with
                        --profile always 1)
  --max-memory-size MB  go on in a new evaluator once the values of this one take so much (most of the heap)
  --nix-env             print what nix-env -qaP --drv-path prints, with
    --json, --meta, --out-path, --description, --no-name, --system-filter SYSTEM

Evaluation goes as deep as 1,000,000 calls unless --max-call-depth says otherwise.
${COMMON}`

const PARSE_HELP = `Usage: firnix parse [FILE... | -] [-E EXPR] [OPTIONS]

Prints the syntax tree of expressions, as nix-instantiate --parse does.
${COMMON}`

const DUMP_HELP = `Usage: firnix dump tokens|ast|bytecode FILE | - | -E EXPR [OPTIONS]

Prints what Firnix makes of a source text: the tokens of the lexer, the tree of the parser, the code of the compiler.
${COMMON}`

const CACHE_HELP = `Usage: firnix cache stats|verify|prune|clear [OPTIONS]

Looks after the cache of compiled files, tracked results and the code of Firnix itself.

  stats                 how much there is
  verify                read every entry and check it; ends with 1 when one is faulty
  prune                 delete what was not used for longest, down to 1 GiB unless a bound is given
    --max-size SIZE     keep at most this much: bytes, or a number with K, M, G or T
    --max-age AGE       delete what was not used for this long: days, or a number with s, m, h, d or w
  clear                 delete all entries
  --json                print one line of JSON
  --cache-dir DIR       the directory, else FIRNIX_CACHE_DIR, else firnix in the user's cache directory
${COMMON}`

export const commands: readonly Command[] = [
  {
    name: 'eval',
    operands: '[FILE | -] [-E EXPR] [-A PATH]...',
    summary: 'evaluate an expression and print its value',
    help: EVAL_HELP,
    run: evalCommand,
  },
  {
    name: 'instantiate',
    operands: '[FILE] [-A PATH]...',
    summary: 'print the derivations that an expression stands for',
    help: INSTANTIATE_HELP,
    run: instantiate,
  },
  {
    name: 'jobs',
    operands: '[FILE | FOLDER] [-A PATH]...',
    summary: 'evaluate every attribute of a tree',
    help: JOBS_HELP,
    run: jobsCommand,
  },
  {
    name: 'parse',
    operands: '[FILE... | -] [-E EXPR]',
    summary: 'print the syntax tree',
    help: PARSE_HELP,
    run: parseCommand,
  },
  {
    name: 'dump',
    operands: 'tokens|ast|bytecode FILE',
    summary: 'print tokens, tree or code of a file',
    help: DUMP_HELP,
    run: dumpCommand,
  },
  {
    name: 'cache',
    operands: 'stats|verify|prune|clear',
    summary: 'look after the cache on disk',
    help: CACHE_HELP,
    run: cacheCommand,
  },
]

/** What `firnix --help` prints. */
export function help(): string {
  const width = Math.max(...commands.map((c) => c.name.length))
  const lines = commands.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`)
  return `Usage: firnix COMMAND [OPTIONS]

Firnix ${VERSION} evaluates the Nix expression language.

Commands:
${lines.join('\n')}

\`firnix COMMAND --help\` says what a command takes.

Exit codes: 0; 1 when the evaluation fails; 2 for wrong usage; 70 for a fault of Firnix; 102 when what was fetched does not
have the hash that was promised; 130 when interrupted.
${COMMON}`
}
