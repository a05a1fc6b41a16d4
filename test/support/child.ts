import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { environment } from './environment.ts'
import { outputMatching, type WrittenOutput } from './written-output.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

interface ChildEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ChildResult extends ChildEnd {
  readonly stdout: string
  readonly stderr: string
}

/** A real child process whose output is collected. Disposing kills it with SIGKILL if it still runs, and waits for its end. */
export interface Child extends AsyncDisposable {
  readonly pid: number
  /** The output so far. */
  stdout(): string
  stderr(): string
  kill(signal: NodeJS.Signals): void
  /** Resolves when the process has ended and its output is complete. */
  readonly ended: Promise<ChildResult>
  /** Waits until its standard output or standard error matches. Fails with the output if it ends first. */
  output(pattern: RegExp): Promise<RegExpExecArray>
}

export interface ChildOptions {
  readonly cwd?: string
  /** Added to the run's environment, and overrides it. undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdin?: string
}

/** Starts `offbeat` with these arguments directly from source, with the Node.js that runs the tests. */
export function startOffbeat(args: readonly string[], options: ChildOptions = {}): Child {
  return startChild(process.execPath, [MAIN, ...args], options)
}

export function startChild(command: string, args: readonly string[], options: ChildOptions = {}): Child {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...environment, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.stdin ?? '')
  return new RunningChild(child)
}

class RunningChild implements Child, WrittenOutput {
  readonly ended: Promise<ChildResult>
  readonly #child: ChildProcess
  readonly #written = { stdout: '', stderr: '' }

  constructor(child: ChildProcess) {
    this.#child = child
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        this.#written[stream] += text
      })
    }
    this.ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...this.#written }))
  }

  get name(): string {
    return `process ${this.pid}`
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  stdout(): string {
    return this.#written.stdout
  }

  stderr(): string {
    return this.#written.stderr
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async output(pattern: RegExp): Promise<RegExpExecArray> {
    return await outputMatching(this, pattern)
  }

  hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded()) this.#child.kill('SIGKILL')
    await this.ended
  }
}
