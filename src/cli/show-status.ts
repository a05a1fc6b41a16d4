import type { Config, ConfiguredSource } from '../config/config.ts'
import { lossDocument } from '../model/loss.ts'
import { unreachable } from '../model/unreachable.ts'
import type { VerdictName } from '../model/verdict.ts'
import type { CommandContext, CommandInput, ExitCode } from './command.ts'
import { openConfig, sourcesNamed } from './configuration.ts'
import { exitCodeOf, worstExitCode } from './exit-code.ts'
import { durationOption } from './option-value.ts'
import { reportOn, type SourceReport } from './source-report.ts'
import { describeStatus } from './status-text.ts'
import { openStoreReader } from './store-access.ts'
import { styleFor } from './style.ts'

const CLEAR_SCREEN = '\u001B[H\u001B[2J\u001B[3J'
const SHORTEST_WAIT_MS = 100

export async function showStatus(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const everyMs = Math.max(SHORTEST_WAIT_MS, durationOption(input, 'every', '--every') ?? 0)
  const config = await openConfig(input, context)
  const sources = sourcesNamed(config, input.words)
  const watch = input.options['watch'] === true
  let code = await showOnce(sources, config, input, context)
  while (watch && !context.signal.aborted) {
    // The only rejection is the wish to stop.
    await context.clock.sleep(everyMs, context.signal).catch(() => undefined)
    if (!context.signal.aborted) code = await showOnce(sources, config, input, context)
  }
  return code
}

async function showOnce(
  sources: readonly ConfiguredSource[],
  config: Config,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const looks = await reportOnAll(sources, config, input, context)
  if (looks === null) return 0
  const nowMs = context.clock.nowMs()
  if (input.common.json) {
    const document = { version: 1, at: new Date(nowMs).toISOString(), sources: looks.map(documentOf) }
    context.stdout.write(`${JSON.stringify(document)}\n`)
    for (const { error } of looks) if (error !== null) context.report(error)
  } else {
    const redraw = input.options['watch'] === true && context.stdout.isTerminal
    const width = Math.min(context.stdout.columns, 100)
    const text = describeStatus(looks, {
      nowMs,
      width,
      style: styleFor(input.common.color),
      timeZone: context.timeZone,
    })
    context.stdout.write(`${redraw ? CLEAR_SCREEN : ''}${text}`)
  }
  await context.stdout.drained()
  return worstExitCode(looks.flatMap(codesOf))
}

function documentOf({ status, refusal }: SourceReport) {
  return { ...status, lost: refusal?.loss === undefined ? null : { code: refusal.code, ...lossDocument(refusal.loss) } }
}

/** null: asked to stop meanwhile. */
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

/** A database that we could not reach, or that refused us, is told by its own code; what a running connector says of it, by its verdict. */
function codesOf({ status, error }: SourceReport): readonly ExitCode[] {
  return [codeOf(status.verdict), ...(error === null ? [] : [exitCodeOf(error)])]
}
