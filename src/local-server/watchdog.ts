import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Waits until its standard input ends, which happens when our process does, however it ends; then stops the process whose number it
 * was told last (by the signal it was given) and removes the folder. A number counts only while that process works inside
 * the folder, so that one that the system has given to another process is left alone.
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

/** Sees to it that a folder and the one process working in it do not outlive us, also when we are killed. */
export class Watchdog {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #ended: Promise<unknown>

  /** `folder` is to be a real path (no symbolic link in it). By SIGQUIT, PostgreSQL stops all its processes at once. */
  constructor(folder: string, signal: 'QUIT' | 'KILL' = 'QUIT') {
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

  /** From now on `pid` is the process to stop; 0: none. */
  watch(pid: number): void {
    this.#child.stdin?.write(`${pid}\n`)
  }

  /** Stops the process and removes the folder now; resolves when both have ended. */
  async finish(): Promise<void> {
    this.#child.ref()
    this.#child.stdin?.end()
    if (this.#child.exitCode === null) await this.#ended
    if (this.#child.exitCode !== 0) throw new Error(`could not stop the server or remove its folder ${this.#folder}`)
  }
}
