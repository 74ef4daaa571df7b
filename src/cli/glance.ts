/**
 * What the launcher sees at a glance in the words of a command line (floor 7): what kind of run it is going to be, before
 * anything that reads them properly is loaded. A wrong guess makes a run slower and nothing else.
 */
import { readFileSync, statSync } from 'node:fs'

/** A longer expression may have much to do, though it loads no file. */
const TRIFLE = 100

/** Whether the words of a command line may well ask for next to nothing. */
export function asksLittle(words: readonly string[]): boolean {
  if (words.includes('--version') || words.includes('--help')) return true
  const expression = expressionIn(words)
  return expression !== undefined && expression.length <= TRIFLE
}

/** The expression that the words give; undefined: none. */
function expressionIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === '-E' || word === '--expr')
  return at < 0 ? undefined : words[at + 1]
}

/** Commands whose runs are alike. */
const TASKS = ['eval', 'instantiate', 'jobs', 'parse', 'dump', 'cache']

/**
 * What kind of run this is: each has its own code cache. V8 takes 1 ms to bring back 80 to 200 KB of code, used or not: a package
 * tree needs 300 KB more of it than an expression, and a program that loads no other file 300 KB less.
 */
export function taskOf(door: string, words: readonly string[]): string {
  const task = commandOf(door, words)
  return isAlone(words) ? `${task}-alone` : task
}

function commandOf(door: string, words: readonly string[]): string {
  if (door === 'firnix') return TASKS.includes(words[0]) ? words[0] : 'other'
  return words.includes('--eval') ? 'nix-eval' : words.includes('--parse') ? 'nix-parse' : 'nix-instantiate'
}

/** What a program that loads others has in it. */
const LOADS = /import|getflake/i
/** Bytes of a file that is looked at for it. */
const GLANCE = 1 << 16

/** Whether the command line names a program, and one that loads no other file. */
function isAlone(words: readonly string[]): boolean {
  if (words.some((word) => LOADS.test(word))) return false
  if (expressionIn(words) !== undefined) return true
  const files = words.filter((word) => word.endsWith('.nix'))
  if (files.length !== 1) return false
  try {
    const stat = statSync(files[0])
    return stat.isFile() && stat.size <= GLANCE && !LOADS.test(readFileSync(files[0], 'latin1'))
  } catch {
    return false
  }
}

/** Flags that make other code run. */
const TELLING = ['--eval', '--parse', '--strict', '--json', '--xml', '--raw', '--show-trace']

/** What the command line says of the functions that the run will need. */
export function traitsOf(task: string, words: readonly string[]): string[] {
  return [task, ...TELLING.filter((flag) => words.includes(flag))]
}
