/** Runs the built programs of Firnix for tests: words and standard input go in, what they wrote and how they ended come out. */
import { spawn, spawnSync } from 'node:child_process'
import { inProject } from './project.ts'

export interface Ended {
  code: number | null
  signal: string | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  stdin?: string | Buffer
  cwd?: string
  env?: Record<string, string>
  /** Milliseconds after which it is ended. */
  timeout?: number
}

/** An environment in which no configuration of the machine or user is seen. */
export function cleanEnv(more: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: '/homeless',
    NIX_CONF_DIR: '/nonexistent',
    NIX_USER_CONF_FILES: '',
    ...more,
  }
}

/** Runs one of the two programs to its end. */
export function run(
  program: 'firnix' | 'firnix-instantiate',
  words: string[],
  options: RunOptions = {},
): Ended {
  const child = spawnSync(process.execPath, [inProject('dist', `${program}.js`), ...words], {
    input: options.stdin ?? '',
    cwd: options.cwd,
    env: cleanEnv(options.env),
    maxBuffer: 1 << 29,
    timeout: options.timeout,
  })
  return {
    code: child.status,
    signal: child.signal,
    stdout: child.stdout.toString('utf8'),
    stderr: child.stderr.toString('utf8'),
  }
}

/** Runs a line of /bin/sh in which `$FIRNIX` and `$INSTANTIATE` are the two programs and `$NODE` is Node (a machine may have nothing else). */
export function shell(line: string, options: RunOptions = {}): Promise<Ended> {
  const name = (program: string) => `'${process.execPath}' '${inProject('dist', `${program}.js`)}'`
  const text = line
    .replaceAll('$NODE', `'${process.execPath}'`)
    .replaceAll('$FIRNIX', name('firnix'))
    .replaceAll('$INSTANTIATE', name('firnix-instantiate'))
  return new Promise((done) => {
    const child = spawn('/bin/sh', ['-c', text], { cwd: options.cwd, env: cleanEnv(options.env) })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data) => (stdout += data))
    child.stderr.on('data', (data) => (stderr += data))
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr }))
    child.stdin.end(options.stdin ?? '')
  })
}
