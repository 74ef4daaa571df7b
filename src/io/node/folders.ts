/** Folders on disk (floor 1). */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder of the user's own, with those above it that are missing; answers the uppermost that was made, if any.
 * Throws what node:fs throws. Node's own way to do that never ends where a file system knows no new folders (Node 20, below
 * /proc).
 */
export function makeFolders(folder: string): string | undefined {
  let upper: string | undefined
  for (let attempt = 0; ; attempt++) {
    try {
      mkdirSync(folder, { mode: 0o700 })
      return upper ?? folder
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') return upper
      const above = dirname(folder)
      if (code !== 'ENOENT' || attempt === 1 || above === folder) throw error
      upper = makeFolders(above)
    }
  }
}
