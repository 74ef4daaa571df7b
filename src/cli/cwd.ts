/** The working directory in bytes (floor 6). */
import { bytesOfNodeString } from '../io/node/node-io.ts'

/** The working directory; `/` when it has been removed. */
export function bytesOfCwd(): string {
  try {
    return bytesOfNodeString(process.cwd())
  } catch {
    return '/'
  }
}
