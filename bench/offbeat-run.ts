import { fileURLToPath } from 'node:url'
import { type MeasuredRun, measuredRun } from './measured-run.ts'
import type { LogStart } from './stage.ts'
import type { SubjectOptions } from './subject-options.ts'

const SUBJECT = fileURLToPath(new URL('./subject.ts', import.meta.url))
/** Compiled code is cached between runs, as the command itself does. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL('../node_modules/.cache/offbeat', import.meta.url))

export interface SubjectRun extends MeasuredRun {
  /** The figures that the subject printed. */
  readonly figures: {
    readonly messages: number
    readonly sha256?: string
    readonly p50Ms?: number
    readonly p99Ms?: number
  }
}

/** One run of the connector in its own process, from start to end. */
export async function runOffbeat(
  { entry, position }: LogStart,
  run: Pick<SubjectOptions, 'sink' | 'messages'>,
): Promise<SubjectRun> {
  const options: SubjectOptions = { entry, position, ...run }
  const env = { ...process.env, NODE_COMPILE_CACHE }
  const measured = await measuredRun(process.execPath, [SUBJECT, JSON.stringify(options)], env)
  return { ...measured, figures: JSON.parse(measured.stdout) }
}
