import { randomUUID } from 'node:crypto'
import type { Config, ConfiguredSource } from '../../config/config.ts'
import { formatDiagnostic } from '../../config/diagnostic.ts'
import { type ConnectorEnd, runConnector } from '../../connector/connector.ts'
import type { ConnectorObserver } from '../../connector/connector-observer.ts'
import { asOffbeatError, type OffbeatError } from '../../model/error.ts'
import type { Logger } from '../../model/logger.ts'
import { observedJournal } from '../../server/observed-journal.ts'
import type { SourceBoard } from '../../server/source-board.ts'
import { type OpenSink, openSink } from '../../sinks/registry.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourcesNamed } from '../program/configuration.ts'
import { exitCodeOf, worstExitCode } from '../program/exit-code.ts'
import { textOption } from '../program/option-value.ts'
import { ClosedOutput } from '../program/stop-signal.ts'
import { usageError } from '../program/usage-error.ts'
import { errorFields } from '../terminal/error-report.ts'
import { RunServer } from './run-server.ts'
import { startNotes } from './start-notes.ts'

interface SourceEnd {
  readonly source: string
  /** The error that stopped it for good, or how it ended. */
  readonly end: ConnectorEnd | OffbeatError
}

/** Runs until every connector has ended. Each ends at the stop signal, at the head, or with an error that stops only that connector. */
export async function runConnectors(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const config = await openConfig(input, context)
  const sources = sourcesNamed(config, namesOf(textOption(input, 'sources')))
  const log = await context.openLog(config.log.level)
  sayWarnings(config, sources, log)
  const until = input.options['until'] === 'head' ? 'head' : null
  const command = ['offbeat run', ...(until === null ? [] : ['--until head'])].join(' ')
  const { clock, stdout } = context
  await using server = await RunServer.open({ config: served(config, until), sources, log, context })
  const names = sources.map(({ name }) => name)
  const opening = { command, clock, log, stdout: stdout.stream, api: server.url, sources: names }
  const ends = await withSink(config, opening, async (sink) => {
    // HTTP is closed before the store, so that no request is answered from a store that is closing.
    await using open = server
    open.begin(sink.store)
    const run = { sink, config, until, log, context, board: server.board } as const
    return await Promise.all(sources.map((source) => runOne(source, run)))
  })
  if (input.common.json) printEnds(ends, config, context)
  const closed = context.signal.reason instanceof ClosedOutput ? 1 : 0
  return worstExitCode([closed, ...ends.map(({ end }) => ('reason' in end ? 0 : exitCodeOf(end)))])
}

/** A run with `--until` serves HTTP only if the file asks for it. */
function served(config: Config, until: 'head' | null): Config {
  return until === null || config.server?.written === true ? config : { ...config, server: null }
}

function namesOf(list: string | null): readonly string[] {
  if (list === null) return []
  const names = list.split(',').map((name) => name.trim())
  if (names.every((name) => name !== '')) return names
  throw usageError('--sources takes names separated by commas.', { found: list, expected: 'for example shop,stock' })
}

function sayWarnings(config: Config, sources: readonly ConfiguredSource[], log: Logger): void {
  const left = config.sources.filter((source) => !sources.includes(source)).map(({ name }) => `sources.${name}`)
  for (const warning of config.warnings) {
    if (left.some((path) => warning.path === path || warning.path.startsWith(`${path}.`))) continue
    log.warn({ path: warning.path }, formatDiagnostic(config.path, warning))
  }
}

async function withSink<T>(
  config: Config,
  context: Parameters<typeof openSink>[1],
  work: (sink: OpenSink) => Promise<T>,
): Promise<T> {
  await using sink = await openSink(config.sink, context)
  return await work(sink)
}

interface Run {
  readonly sink: OpenSink
  readonly config: Config
  readonly until: 'head' | null
  readonly log: Logger
  readonly context: CommandContext
  readonly board: SourceBoard
}

async function runOne(source: ConfiguredSource, run: Run): Promise<SourceEnd> {
  const { sink, config, until, context, board } = run
  const log = run.log.child({ source: source.name })
  for (const note of startNotes(source, config.sink, until)) log.info({}, note)
  const { runwaySeconds, usedRatio } = config.health.atRisk
  try {
    const { definition } = source
    const end = await runConnector(
      {
        source: { name: source.name, config: source.config, definition },
        sink: sink.sink,
        journal: observedJournal(sink.store.journal, board),
        log,
        clock: context.clock,
        health: { atRisk: { runwayMs: runwaySeconds * 1000, usedRatio } },
        pid: process.pid,
        until,
        random: context.random,
        newId: randomUUID,
        version: context.version,
        observer: observerOf(source.name, board),
      },
      context.signal,
    )
    board.ended(source.name)
    logEnd(end, log, context)
    return { source: source.name, end }
  } catch (thrown) {
    const error = asOffbeatError(thrown)
    board.failed(source.name, errorFields(error))
    return failed(source, error, log, context)
  }
}

/** What was delivered but not stored is delivered again after the next start. */
function logEnd({ reason, position }: ConnectorEnd, log: Logger, { signal }: CommandContext): void {
  if (reason === 'head') log.info({ position }, 'reached the head')
  else if (signal.reason instanceof ClosedOutput) {
    const message = `stopped: ${signal.reason.message}; the next start continues from the stored offset, so nothing is lost`
    log.error({ code: 'OUTPUT_CLOSED', position }, message)
  } else log.info({ position }, 'stopped')
}

function observerOf(source: string, board: SourceBoard): ConnectorObserver {
  return {
    reports: (report) => board.reports(source, report),
    streaming: () => board.streaming(source),
    retrying: (error) => board.retrying(source, error.code, errorFields(error)),
    pulse: (pulse) => board.pulse(source, pulse),
  }
}

/** One line in the log, and the full report for a user at the terminal. */
function failed(source: ConfiguredSource, error: OffbeatError, log: Logger, context: CommandContext): SourceEnd {
  log.error(
    context.stderr.isTerminal ? { code: error.code } : errorFields(error),
    `stopped; fix this and start again: ${error.message}`,
  )
  context.report(error, source.name)
  return { source: source.name, end: error }
}

function printEnds(ends: readonly SourceEnd[], config: Config, context: CommandContext): void {
  const sources = ends.map(({ source, end }) =>
    'reason' in end
      ? { name: source, end: end.reason, position: end.position, error: null }
      : { name: source, end: 'failed', position: null, error: errorFields(end) },
  )
  // If the sink is `stdout`, standard output carries the messages.
  const output = config.sink.kind === 'stdout' ? context.stderr : context.stdout
  output.write(`${JSON.stringify({ version: 1, sources })}\n`)
}
