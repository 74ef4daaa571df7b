/** The working directory in bytes (floor 7). */
import { workingFolder } from '../io/node/bytes.ts'

/** The working directory; `/` when it has been removed. */
export function bytesOfCwd(): string {
  try {
    return workingFolder()
  } catch {
    return '/'
  }
}
