import { runnerOf } from '../../app/source-runner.ts'
import { openStoreReader } from '../../app/store-access.ts'
import { type History, historyDocument } from '../../health/history-document.ts'
import type { Sample } from '../../journal/journal.ts'
import { bytesInWords, timeInWords } from '../../model/figures.ts'
import type { Style } from '../../model/style.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourceNamed } from '../program/configuration.ts'
import { durationOption } from '../program/option-value.ts'
import { barLine } from '../terminal/chart.ts'
import { localTimes } from '../terminal/local-time.ts'
import { styleFor } from '../terminal/style.ts'
import { labelled, textTable } from '../terminal/text-layout.ts'

interface ShownHistory extends History {
  readonly nowMs: number
  /** Whether the connector is running, in words. */
  readonly connector: string
  readonly time: (atMs: number) => string
}

/** On a terminal, pulses beyond this number are only counted. */
const PULSES_SHOWN = 20

export async function showHistory(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const nowMs = context.clock.nowMs()
  const sinceMs = nowMs - (durationOption(input, 'since', '--since') ?? 0)
  const config = await openConfig(input, context)
  const { name } = sourceNamed(config, input.words[0] ?? '')
  using store = openStoreReader(config)
  const [pulses = [], samples = [], verdicts = []] = [
    await store?.history.pulses(name, sinceMs),
    await store?.history.samples(name, sinceMs),
    await store?.history.verdicts(name, sinceMs),
  ] as const
  const local = localTimes(context.timeZone)
  const time = (atMs: number) => local(atMs, nowMs)
  const { words: connector } = await runnerOf(name, store, nowMs)
  const history: ShownHistory = { source: name, sinceMs, nowMs, connector, pulses, samples, verdicts, time }
  if (input.common.json) context.stdout.write(`${JSON.stringify(historyDocument(history))}\n`)
  else context.stdout.write(textOf(history, Math.min(context.stdout.columns, 100), styleFor(input.common.color)))
  return 0
}

function textOf(history: ShownHistory, width: number, style: Style): string {
  const { source, sinceMs, nowMs, connector, pulses, samples, verdicts } = history
  const title = `${style.bold(source)}: the last ${timeInWords(nowMs - sinceMs)}`
  if (pulses.length + samples.length + verdicts.length === 0) {
    return `${title}\nNothing was recorded in this time. Connector ${connector}.\n`
  }
  const now = labelled('connector ', connector, width)
  const parts = [title, now, ...chartLines(history, width, style), ...pulseLines(history, style)]
  return `${[...parts, ...verdictLines(history, width, style)].join('\n')}\n`
}

function chartLines(history: ShownHistory, width: number, style: Style): readonly string[] {
  return [
    ...chartOf('behind', history, (sample) => sample.lagBytes, width, style),
    ...chartOf('held', history, (sample) => sample.heldBytes, width, style),
  ]
}

function chartOf(
  name: string,
  { samples, sinceMs, nowMs, time }: ShownHistory,
  bytesOf: (sample: Sample) => bigint | null,
  width: number,
  style: Style,
): readonly string[] {
  const points = samples.toReversed().flatMap((sample) => {
    const bytes = bytesOf(sample)
    return bytes === null ? [] : [{ atMs: sample.atMs, value: Number(bytes) }]
  })
  const [oldest, newest] = [points[0], points.at(-1)]
  if (oldest === undefined || newest === undefined) return []
  const largest = Math.max(...points.map(({ value }) => value))
  const figures = `at most ${bytesInWords(largest)}, now ${bytesInWords(newest.value)}`
  const fromMs = Math.max(sinceMs, oldest.atMs)
  const bars = barLine(points, fromMs, nowMs, Math.min(60, width - 10))
  const range = style.dim(`${time(fromMs)} to ${time(nowMs)}`)
  return ['', `${style.bold(name)}: ${figures}`, `  ${style.cyan(bars)}`, `  ${range}`]
}

function pulseLines({ pulses, time }: ShownHistory, style: Style): readonly string[] {
  if (pulses.length === 0) return ['', 'No pulse of layer 2.']
  const back = pulses.filter((pulse) => pulse.acknowledgedAtMs !== null).length
  const shown = pulses.slice(0, PULSES_SHOWN)
  const rows = shown.map((pulse) => {
    const startMs = pulse.writtenAtMs ?? pulse.committedAtMs ?? pulse.seenAtMs
    const hop = (atMs: number | null) =>
      atMs === null || startMs === null ? '-' : `+${timeInWords(Math.max(0, atMs - startMs))}`
    const outcome = pulse.failedCode ?? (pulse.acknowledgedAtMs === null ? 'not back yet, or lost' : '')
    return [
      startMs === null ? '-' : time(startMs),
      hop(pulse.seenAtMs),
      hop(pulse.deliveredAtMs),
      hop(pulse.storedAtMs),
      hop(pulse.acknowledgedAtMs),
      outcome,
    ]
  })
  const headings = ['written', 'seen', 'delivered', 'stored', 'acknowledged', '']
  const more = pulses.length > shown.length ? `; the newest ${shown.length}` : ''
  const title = `${style.bold('pulses')}: ${pulses.length}, ${back} came back${more}`
  return ['', title, ...textTable(headings, rows).map((line) => `  ${line}`)]
}

function verdictLines({ verdicts, time }: ShownHistory, width: number, style: Style): readonly string[] {
  if (verdicts.length === 0) return ['', 'The verdict did not change.']
  const lines = verdicts.map(({ atMs, from, to, why }) =>
    labelled(`  ${time(atMs)}  `, `${from ?? '(start)'} -> ${to}: ${why}`, width),
  )
  return ['', style.bold('verdicts'), ...lines]
}
