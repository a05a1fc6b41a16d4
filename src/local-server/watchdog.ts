import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Waits until its standard input ends, which happens when the parent process ends for whatever reason. Then sends the signal it was given
 * to the last process ID it received, and removes the folder. A process is stopped only if its working directory is in the folder, so that
 * a process that has reused the ID is left alone.
 */
const SCRIPT = `
folder=$1 signal=$2 pid=0
while read -r line; do pid=$line; done
ours() {
  [ "$pid" -gt 0 ] && kill -0 "$pid" 2>/dev/null || return 1
  [ -d /proc/self ] || return 0
  case $(readlink "/proc/$pid/cwd") in "$folder"*) return 0 ;; *) return 1 ;; esac
}
ours && kill -"$signal" "$pid"
tries=0
while ours; do
  tries=$((tries + 1))
  [ $tries -eq 200 ] && kill -KILL "$pid"
  [ $tries -gt 300 ] && exit 1
  sleep 0.05
done
tries=0
until rm -rf "$folder" 2>/dev/null && [ ! -e "$folder" ]; do
  tries=$((tries + 1))
  [ $tries -gt 100 ] && exit 1
  sleep 0.05
done
`

/** Makes sure that a folder and the one process working in it do not outlive this process, even if it is killed. */
export class Watchdog {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #ended: Promise<unknown>

  /** `folder` must be a real path (without symbolic links). SIGQUIT makes PostgreSQL stop all its processes at once. */
  constructor(folder: string, signal: 'QUIT' | 'KILL') {
    this.#folder = folder
    this.#child = spawn('/bin/sh', ['-c', SCRIPT, 'offbeat-watchdog', folder, signal], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#ended = once(this.#child, 'exit')
    this.#child.stdin?.on('error', () => undefined)
    this.#child.unref()
    const pipe: unknown = this.#child.stdin
    if (pipe !== null && typeof pipe === 'object' && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref()
  }

  /** Sets the process to stop from now on. 0: none. */
  watch(pid: number): void {
    this.#child.stdin?.write(`${pid}\n`)
  }

  /** Stops the process and removes the folder now. Resolves when both are done. */
  async finish(): Promise<void> {
    this.#child.ref()
    this.#child.stdin?.end()
    if (this.#child.exitCode === null) await this.#ended
    if (this.#child.exitCode !== 0) throw new Error(`could not stop the server or remove its folder ${this.#folder}`)
  }
}
