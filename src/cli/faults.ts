/** What a program's end means (floor 7): exit codes, and what is said of a fault of Firnix. */

/** Exit codes, as in sysexits.h where it has one. */
export const EXIT_OK = 0
export const EXIT_ERROR = 1
export const EXIT_USAGE = 2
export const EXIT_FAULT = 70
/** What a shell shows for a program that a closed pipe has ended. */
export const EXIT_PIPE = 141

/** What is printed for a fault of Firnix: the wish for a report; the JavaScript stack only under FIRNIX_DEBUG. */
export function faultText(e: unknown, env: Readonly<Record<string, string | undefined>>): string {
  const what = e instanceof Error ? `${e.name}: ${e.message}` : String(e)
  const text =
    `firnix: internal fault: ${what.replace(/\s+/g, ' ').slice(0, 500)}\n` +
    'This is a fault of Firnix, not of the Nix program. Please report it with the command line and, if possible, the\n' +
    'expression; with FIRNIX_DEBUG=1 in the environment the message says where it happened.\n'
  if (!env.FIRNIX_DEBUG || !(e instanceof Error)) return text
  return `${text}${e.stack ?? ''}\n`
}
