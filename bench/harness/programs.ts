/**
 * The programs of bench/programs. Each is a plain expression that any evaluator can run as it stands; the line
 * `n = NUMBER;` says how big it is, and is the only thing that is changed for a smaller run.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface BenchProgram {
  readonly name: string
  /** The first line's comment. */
  readonly about: string
  readonly text: string
  readonly size: number
  /** What `--eval --strict` prints at that size. */
  readonly expected: string
  /** The same at ten times the size, for those that Nix evaluates then. */
  readonly long: string | undefined
}

/** How much larger than usual a long run is. */
export const LONG = 10

const SIZE = /^( *)n = (\d+);$/m

/** Reads all programs of a folder, by name. Throws when one has no size or no expected result. */
export function readPrograms(folder: string): BenchProgram[] {
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, string>
  return readdirSync(folder)
    .filter((file) => file.endsWith('.nix'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.nix'.length)
      const text = readFileSync(join(folder, file), 'latin1')
      const size = SIZE.exec(text)
      if (size === null) throw new Error(`${file} has no line 'n = NUMBER;'`)
      if (expected[name] === undefined) throw new Error(`expected.json has no result for ${name}`)
      const about = /^# (.*)$/m.exec(text)?.[1] ?? ''
      const long = expected[`${name}*${LONG}`]
      return { name, about, text, size: Number(size[2]), expected: expected[name], long }
    })
}

/** The text of a program at another size. */
export function atSize(program: BenchProgram, size: number): string {
  return program.text.replace(SIZE, `$1n = ${size};`)
}
