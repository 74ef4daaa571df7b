/** A clock to measure with (floor 0). */
const { process } = globalThis as { process?: { uptime?(): number } }

/** Milliseconds since some moment. Not by Node's `performance`, which takes a millisecond to load: a fiftieth of a small program. */
export const milliseconds: () => number =
  process?.uptime === undefined
    ? () => performance.now()
    : () => (process as { uptime(): number }).uptime() * 1000
