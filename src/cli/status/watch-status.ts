import type { SourceReport } from '../../app/source-report.ts'
import type { CommandContext, CommandInput } from '../program/command.ts'
import { localTimes } from '../terminal/local-time.ts'
import { styleFor } from '../terminal/style.ts'
import { TerminalScreen } from '../terminal/terminal-screen.ts'
import { overviewFrame, sourceFrame } from './watch-frame.ts'

export interface Watch {
  readonly everyMs: number
  /** Whether only one source is watched, because it was named on the command line. */
  readonly isOne: boolean
  /** null: a stop was requested. */
  readonly reports: () => Promise<readonly SourceReport[] | null>
}

/** Draws on the terminal until a stop is requested. Resolves with the last reports; null: there were none. */
export async function watchOnTerminal(
  { everyMs, isOne, reports }: Watch,
  input: CommandInput,
  context: CommandContext,
): Promise<readonly SourceReport[] | null> {
  const { stdout, clock, timeZone, scripts } = context
  const style = styleFor(input.common.color)
  let last: readonly SourceReport[] | null = null
  let nowMs = clock.nowMs()
  using screen = new TerminalScreen(stdout, (columns, rows) => {
    const [first] = last ?? []
    if (last === null || first === undefined) return [style.dim('Inspecting the sources ...')]
    const layout = { columns, rows, nowMs, timeZone, style, termsOf: (source: string) => scripts.termsOf(source) }
    return isOne ? sourceFrame(first, layout) : overviewFrame(last, layout)
  })
  for await (const now of eachOf({ everyMs, reports }, context)) {
    last = now
    nowMs = clock.nowMs()
    screen.draw()
    await stdout.drained()
  }
  return last
}

/** Prints a line for each source, and another one whenever its verdict changes, until a stop is requested. */
export async function watchByLine(watch: Watch, context: CommandContext): Promise<readonly SourceReport[] | null> {
  const { stdout, clock, timeZone } = context
  const timeOf = localTimes(timeZone)
  const printed = new Map<string, string>()
  let last: readonly SourceReport[] | null = null
  for await (const now of eachOf(watch, context)) {
    last = now
    for (const { status, error } of now) {
      const failure = error === null ? '' : `; cannot inspect: ${error.message} (${error.code})`
      const state = `${status.verdict} ${error?.code ?? ''}`
      if (printed.get(status.name) === state) continue
      printed.set(status.name, state)
      stdout.write(`${timeOf(clock.nowMs(), 0)} ${status.name} ${status.verdict}: ${status.why}${failure}\n`)
    }
    await stdout.drained()
  }
  return last
}

async function* eachOf(
  { everyMs, reports }: Pick<Watch, 'everyMs' | 'reports'>,
  { clock, signal }: CommandContext,
): AsyncGenerator<readonly SourceReport[]> {
  while (!signal.aborted) {
    const now = await reports()
    if (now === null) return
    yield now
    // Rejects only when a stop is requested.
    await clock.sleep(everyMs, signal).catch(() => undefined)
  }
}
