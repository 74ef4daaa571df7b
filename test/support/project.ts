/**
 * Where things are while tests run. Test files are bundled into dist/test/ first, so `import.meta.url` does not say where
 * the project is; the runner does, and a file run by hand from the project's folder finds it too.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The project's top folder, absolute. */
export const root: string = process.env.FIRNIX_ROOT ?? process.cwd()

/** An absolute path from one under the project's top folder. */
export const inProject = (...parts: string[]): string => join(root, ...parts)

/** Whether expectations are rewritten instead of compared (`npm run test:update`). */
export const updating: boolean = process.env.FIRNIX_UPDATE === '1'

/** Reads an expectation; in update mode writes `actual` there first, so that it always matches. */
export function golden(file: string, actual: string): string {
  if (updating) writeFileSync(file, actual, 'latin1')
  return readFileSync(file, 'latin1')
}

/** Runs `body` with a fresh folder that is removed afterwards. */
export async function withFolder<T>(body: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'firnix-test-'))
  try {
    return await body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
