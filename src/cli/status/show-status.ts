import { reportOn, type SourceReport } from '../../app/source-report.ts'
import { openStoreReader } from '../../app/store-access.ts'
import type { Config, ConfiguredSource } from '../../config/config.ts'
import type { Logger } from '../../model/logger.ts'
import { lossDocument } from '../../model/loss.ts'
import { unreachable } from '../../model/unreachable.ts'
import type { VerdictName } from '../../model/verdict.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourcesNamed } from '../program/configuration.ts'
import { exitCodeOf, worstExitCode } from '../program/exit-code.ts'
import { durationOption } from '../program/option-value.ts'
import { styleFor } from '../terminal/style.ts'
import { describeStatus } from './status-text.ts'
import { watchByLine, watchOnTerminal } from './watch-status.ts'

const SHORTEST_WAIT_MS = 100

export async function showStatus(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const everyMs = Math.max(SHORTEST_WAIT_MS, durationOption(input, 'every', '--every') ?? 0)
  const config = await openConfig(input, context)
  const sources = sourcesNamed(config, input.words)
  const reports = (by: CommandContext) => reportOnAll(sources, config, input, by)
  if (input.options['watch'] !== true) return await showOnce(await reports(context), input, context)
  if (input.common.json) return await showAgain(() => reports(context), everyMs, input, context)
  const isOne = input.words.length > 0 && sources.length === 1
  const isScreen = context.stdout.isTerminal && context.environment['TERM'] !== 'dumb'
  // A log line would disturb the picture on the screen.
  const quiet: CommandContext = { ...context, openLog: async () => SILENT }
  const watch = { everyMs, isOne, reports: () => reports(isScreen ? quiet : context) }
  return codeOfAll(isScreen ? await watchOnTerminal(watch, input, context) : await watchByLine(watch, context))
}

/** Prints a document in each round until a stop is requested. */
async function showAgain(
  reports: () => Promise<readonly SourceReport[] | null>,
  everyMs: number,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  let code: ExitCode = 0
  while (!context.signal.aborted) {
    const now = await reports()
    if (now !== null) code = await showOnce(now, input, context)
    // Rejects only when a stop is requested.
    await context.clock.sleep(everyMs, context.signal).catch(() => undefined)
  }
  return code
}

async function showOnce(
  reports: readonly SourceReport[] | null,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  if (reports === null) return 0
  const { stdout, timeZone } = context
  const nowMs = context.clock.nowMs()
  if (input.common.json) {
    const document = { version: 1, at: new Date(nowMs).toISOString(), sources: reports.map(documentOf) }
    stdout.write(`${JSON.stringify(document)}\n`)
    for (const { error, status } of reports) if (error !== null) context.report(error, status.name)
  } else {
    const width = Math.min(stdout.columns, 100)
    const style = styleFor(input.common.color)
    const termsOf = (source: string) => context.scripts.termsOf(source)
    stdout.write(describeStatus(reports, { nowMs, width, style, timeZone, termsOf }))
  }
  await stdout.drained()
  return codeOfAll(reports)
}

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
}

function codeOfAll(reports: readonly SourceReport[] | null): ExitCode {
  return worstExitCode((reports ?? []).flatMap(codesOf))
}

function documentOf({ status, refusal }: SourceReport) {
  return { ...status, lost: refusal?.loss === undefined ? null : { code: refusal.code, ...lossDocument(refusal.loss) } }
}

/** null: a stop was requested. */
async function reportOnAll(
  sources: readonly ConfiguredSource[],
  config: Config,
  input: CommandInput,
  context: CommandContext,
): Promise<readonly SourceReport[] | null> {
  using store = openStoreReader(config)
  const show = { queries: input.options['queries'] === true }
  try {
    return await Promise.all(sources.map((source) => reportOn(source, config, store, context, show)))
  } catch (error) {
    if (context.signal.aborted) return null
    throw error
  }
}

function codeOf(verdict: VerdictName): 0 | 1 | 3 {
  switch (verdict) {
    case 'flowing':
    case 'idle':
      return 0
    case 'at risk':
    case 'stopped':
    case 'stale':
    case 'blind':
      return 1
    case 'lost':
      return 3
    default:
      return unreachable(verdict)
  }
}

/** If this command could not connect to a database, that error's own exit code counts. What a connector reports counts by its verdict. */
function codesOf({ status, error }: SourceReport): readonly ExitCode[] {
  return [codeOf(status.verdict), ...(error === null ? [] : [exitCodeOf(error)])]
}
