import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PRIVATE_FILE_MODE } from '../files/private-file.ts'
import { OffbeatError } from '../model/error.ts'
import { accepts, freePort } from './free-port.ts'
import type { ServerHome } from './server-home.ts'
import { spawnAs } from './unprivileged-user.ts'

const START_TIMEOUT_MS = 60_000

export interface ServerProcessOptions extends ServerHome {
  /** The environment of its programs. */
  readonly env: NodeJS.ProcessEnv
}

export interface Launch {
  readonly program: string
  readonly args: (port: number) => readonly string[]
  /** Called before each attempt to start. */
  readonly prepare?: () => void
  /** Whether the server accepts connections. `said` is what it has logged since it was started. */
  readonly ready: (said: string) => boolean
  /** Matches the log of a failed start that can succeed later or on another port. */
  readonly passing: RegExp
}

/** The single process of a local server, and its log file. The watchdog stops it when this process ends. */
export class ServerProcess {
  /** The server's standard error. */
  readonly logFile: string
  readonly #options: ServerProcessOptions
  #port = 0
  #child: ChildProcess | null = null
  #finished: Promise<void> | null = null

  constructor(options: ServerProcessOptions) {
    this.#options = options
    this.logFile = join(options.folder, 'server.log')
  }

  get port(): number {
    return this.#port
  }

  /** null while the server is down. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  log(): string {
    return textOf(this.logFile)
  }

  /** Makes the server's user the owner of a file of the folder. */
  give(path: string): void {
    const { user } = this.#options
    if (user !== null) chownSync(path, user.uid, user.gid)
  }

  /** What went wrong, with the last lines of the log. `title`: the server's name and version, and where its programs are. */
  failure(what: string, title: string): OffbeatError {
    return new OffbeatError('LOCAL_SERVER_FAILED', { message: `${what}: ${title}`, found: lastLines(this.log()) })
  }

  /** Runs a program to its end with `input` as its standard input. Resolves with its exit code. */
  async run(program: string, args: readonly string[], input?: string): Promise<number | null> {
    return await this.#unlessAborted(async () => {
      const child = this.#spawn(program, args, input)
      child.ref()
      const [code] = await once(child, 'exit')
      this.#options.watchdog.watch(0)
      return typeof code === 'number' ? code : null
    })
  }

  /** Starts the server on a free port, or after a stop on the same one. Resolves with false if it did not start. */
  async start(launch: Launch): Promise<boolean> {
    return this.#child !== null || (await this.#unlessAborted(() => this.#attempts(launch)))
  }

  async #attempts(launch: Launch): Promise<boolean> {
    const deadline = performance.now() + START_TIMEOUT_MS
    const settled = this.#port !== 0
    while (performance.now() < deadline && this.#options.signal?.aborted !== true) {
      if (!settled) this.#port = await freePort()
      const logged = this.log().length
      launch.prepare?.()
      const child = this.#launch(launch)
      if (await this.#ready(child, () => launch.ready(this.log().slice(logged)), deadline)) return true
      if (!launch.passing.test(this.log().slice(logged))) return false
      await sleep(50)
    }
    return false
  }

  /** An abort before the work is done stops the program that is running. */
  async #unlessAborted<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#options
    if (signal?.aborted === true) throw new OffbeatError('LOCAL_SERVER_FAILED', { message: 'the start was cancelled' })
    // The disposal waits for the same end, and gets its error.
    const stop = () => void this.finish().catch(() => undefined)
    signal?.addEventListener('abort', stop, { once: true })
    try {
      return await work()
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  #launch({ program, args }: Launch): ChildProcess {
    const child = this.#spawn(program, args(this.#port))
    this.#child = child
    child.once('exit', () => {
      if (this.#child === child) this.#child = null
    })
    return child
  }

  async #ready(child: ChildProcess, ready: () => boolean, deadline: number): Promise<boolean> {
    while (performance.now() < deadline) {
      if (child.exitCode !== null || child.signalCode !== null) return false
      if (ready()) return true
      await sleep(10)
    }
    return false
  }

  /** Sends the signal and waits for the process to end. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === null) return
    const exited = once(child, 'exit')
    child.ref()
    child.kill(signal)
    await exited
  }

  /** Sends kill -9. Resolves when the port is closed. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
    while (await accepts(this.#port)) await sleep(10)
  }

  /** Stops the server at once and removes its folder. Can be called twice. */
  async finish(): Promise<void> {
    this.#finished ??= this.#options.watchdog.finish()
    await this.#finished
  }

  #spawn(program: string, args: readonly string[], input?: string): ChildProcess {
    const log = openSync(this.logFile, 'a', PRIVATE_FILE_MODE)
    const stdin = input === undefined ? null : openSync(input, 'r')
    const child = spawn(program, args, {
      cwd: this.#options.folder,
      detached: true,
      stdio: [stdin ?? 'ignore', log, log],
      env: this.#options.env,
      ...spawnAs(this.#options.user),
    })
    closeSync(log)
    if (stdin !== null) closeSync(stdin)
    child.on('error', () => undefined)
    if (child.pid !== undefined) this.#options.watchdog.watch(child.pid)
    child.unref()
    return child
  }
}

function lastLines(log: string): string {
  return log.trim().split('\n').slice(-5).join(' | ')
}

export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
