import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

export interface MeasuredRun {
  readonly seconds: number
  /** User and system time of the whole process, including its threads. */
  readonly cpuSeconds: number
  readonly peakRssBytes: number
  readonly stdout: string
}

const TICKS_PER_SECOND = 100
const SAMPLE_MS = 10

/** Runs a command to its end and returns the time and memory of its process. Linux only: the figures are from /proc. */
export async function measuredRun(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<MeasuredRun> {
  const cpuBefore = childrenCpuSeconds()
  const startMs = performance.now()
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let peakRssBytes = 0
  const sampler = setInterval(() => {
    peakRssBytes = Math.max(peakRssBytes, peakRss(child.pid))
  }, SAMPLE_MS)
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  const [code] = await once(child, 'close')
  clearInterval(sampler)
  const seconds = (performance.now() - startMs) / 1000
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${String(code)}`)
  return { seconds, cpuSeconds: childrenCpuSeconds() - cpuBefore, peakRssBytes, stdout }
}

/** The CPU time of all children that have ended (fields cutime and cstime). */
function childrenCpuSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND
}

function peakRss(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
