/**
 * Runs a program and says what it cost: wall time, cpu time, peak memory. Node tells nothing of a single child, and the peak
 * memory of a child that a big process starts can be that of the big process; so a small Python program starts it and
 * asks `wait4`. Without Python, `time` of GNU does, to a hundredth of a second; without that there is wall time alone.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** What one run cost: seconds and bytes; null where nobody could tell. */
export interface Cost {
  wall: number
  user: number | null
  system: number | null
  memory: number | null
}

export interface Outcome {
  cost: Cost
  /** null: ended by a signal. */
  code: number | null
  /** It took too long and was killed. */
  late: boolean
  stdout: string
  stderr: string
}

export interface RunOptions {
  cwd?: string
  env?: Record<string, string | undefined>
  /** Seconds after which the run is killed. */
  limit?: number
}

/**
 * Somebody has pressed Ctrl-C, or ended the bench in another way (scripts/bench.mjs): what was begun is tidied up, and nothing
 * else is begun.
 */
export class Interrupted extends Error {
  constructor() {
    super('interrupted')
  }
}

/** Passes on how a child has ended. Throws Interrupted when it was by Ctrl-C, which all in the group are told of. */
export function uninterrupted<T extends { status: number | null; signal: string | null }>(ended: T): T {
  if (ended.signal === 'SIGINT' || ended.status === 130) throw new Interrupted()
  return ended
}

/** That a run was given up. */
export function notDone(who: string, limit: number): string {
  return `${who} was not done after ${limit} s`
}

/** How runs are measured. */
export type Meter = 'python' | 'time' | 'wall'

const WAIT4 = `
import json, os, signal, sys, time
out, err, limit, program = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4:]
write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
           (os.POSIX_SPAWN_OPEN, 1, out, write, 0o600), (os.POSIX_SPAWN_OPEN, 2, err, write, 0o600)]
late, child = [], 0
def end(why, *_):
    late.append(why)
    try:
        if child: os.killpg(child, signal.SIGKILL)
    except ProcessLookupError: pass
signal.signal(signal.SIGALRM, end)
signal.signal(signal.SIGINT, end)
start = time.perf_counter()
# A group of its own, so that what the program has started ends with it.
child = os.posix_spawnp(program[0], program, os.environ, file_actions=actions, setpgroup=0)
if late: end(late[0])
signal.setitimer(signal.ITIMER_REAL, limit)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - start
if signal.SIGINT in late: sys.exit(130)
unit = 1 if sys.platform == 'darwin' else 1024
code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
json.dump([wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss * unit, code, len(late)], sys.stdout)
`

/** Measures runs, in a folder of its own; `close` removes it. */
export class Stopwatch {
  readonly meter: Meter
  readonly #tool: string
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'firnix-bench-'))

  /** `meter`: another than the best that this machine has. */
  constructor(meter?: Meter) {
    const python = findPython()
    const time = existsSync('/usr/bin/time') ? '/usr/bin/time' : undefined
    this.meter = meter ?? (python !== undefined ? 'python' : time !== undefined ? 'time' : 'wall')
    this.#tool = (this.meter === 'python' ? python : time) ?? ''
  }

  /** Runs a command line to its end. Throws when it cannot be started. */
  run(command: readonly string[], options: RunOptions = {}): Outcome {
    const out = join(this.#folder, 'out')
    const err = join(this.#folder, 'err')
    const { limit = 0 } = options
    if (this.meter === 'python') {
      const started = this.#spawn(
        [this.#tool, '-I', '-S', '-c', WAIT4, out, err, String(limit), ...command],
        options,
      )
      if (started.error !== undefined) throw started.error
      if (started.status !== 0) throw new Error(`${command[0]}: ${lastLine(started.stderr)}`)
      const [wall, user, system, memory, code, late] = JSON.parse(started.stdout) as number[]
      const cost = { wall, user, system, memory }
      return {
        cost,
        code,
        late: late > 0,
        stdout: readFileSync(out, 'latin1'),
        stderr: readFileSync(err, 'latin1'),
      }
    }
    const report = join(this.#folder, 'report')
    const prefix = this.meter === 'time' ? [this.#tool, '-q', '-f', '%U %S %M', '-o', report] : []
    const start = performance.now()
    const ended = this.#spawn([...prefix, ...command], options, limit * 1000)
    const wall = (performance.now() - start) / 1000
    const late = (ended.error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT'
    if (ended.error !== undefined && !late) throw new Error(`${command[0]}: ${ended.error.message}`)
    const cost: Cost = { wall, user: null, system: null, memory: null }
    if (this.meter === 'time' && !late) {
      if (ended.status === 127) throw new Error(`${command[0]}: ${lastLine(ended.stderr)}`)
      const [user, system, kilobytes] = lastLine(readFileSync(report, 'latin1')).split(' ').map(Number)
      Object.assign(cost, { user, system, memory: kilobytes * 1024 })
    }
    return { cost, code: ended.status, late, stdout: ended.stdout, stderr: ended.stderr }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #spawn([program, ...args]: readonly string[], { cwd, env }: RunOptions, timeout = 0) {
    const ended = spawnSync(program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'latin1',
      maxBuffer: 1 << 30,
      timeout,
      killSignal: 'SIGKILL',
    })
    return uninterrupted(ended)
  }
}

/** The system's own Python rather than a script that looks for one. */
function findPython(): string | undefined {
  return ['/usr/bin/python3', onPath('python3')].find(
    (program) => program !== undefined && existsSync(program) && spawnSync(program, ['-c', '']).status === 0,
  )
}

/** Where a program lies on PATH. */
export function onPath(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}
