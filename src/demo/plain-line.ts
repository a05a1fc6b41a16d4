import { bytesInWords, timeInWords } from '../model/figures.ts'
import { unreachable } from '../model/unreachable.ts'
import type { DemoState, NumberedPulse } from './demo-state.ts'
import type { DemoSummary } from './demo-summary.ts'
import { hopsOf, minutes } from './hop.ts'
import type { RestartState, SideState, SideSummary } from './side-state.ts'
import type { StageWords } from './stage.ts'

/** The state as one line, for a pipe. */
export function stateLine(state: DemoState): string {
  const rate = state.busyBytesPerSecond
  const speed = rate === null ? 'starting' : `${bytesInWords(rate)}/s`
  const side = (one: SideState): string => `${state.words.line(one)}, ${one.verdict?.name ?? 'not known yet'}`
  return `${minutes(state.elapsedMs)}  guarded: ${side(state.guarded)} | unguarded: ${side(state.unguarded)} | busy database: ${speed}`
}

/** One line, printed at `atMs`, for a heartbeat that has completed all its hops or has failed. */
export function beatLine({ number, writtenElapsedMs, pulse }: NumberedPulse, atMs: number): string {
  const start = `${minutes(atMs)}  beat ${number}`
  if (pulse.failedCode !== null) return `${start} failed: ${pulse.failedCode}`
  const hops = hopsOf(pulse).map(({ hop, afterMs }) => `${hop} ${afterMs === null ? '-' : `+${afterMs} ms`}`)
  return `${start} written at ${minutes(writtenElapsedMs)}, ${hops.join(', ')}`
}

/** The summary for a person. No line is wider than 78 columns. */
export function summaryText({ guarded, unguarded, seconds }: DemoSummary, rows: number, words: StageWords): string {
  const { beats, pulsesBack, roundTripMsP50 } = guarded
  const half = roundTripMsP50 === null ? '' : `, half of them within ${roundTripMsP50} ms`
  return [
    `After ${timeInWords(seconds * 1000)} with ${rows < 2 ? 'one row' : `${rows} rows`} in the watched tables, beside a busy database:`,
    ...sideText('guarded', guarded, words),
    `             ${pulsesBack} of ${beats} heartbeats came back${half}`,
    ...sideText('unguarded', unguarded, words),
    '',
  ].join('\n')
}

function sideText(name: string, side: SideSummary, words: StageWords): string[] {
  const { verdict, resumable, restart } = side
  const resume = resumable ? 'it can resume' : 'it cannot resume: the server has removed its log'
  return [
    `  ${name.padEnd(9)}  ${words.summary(side)}; ${verdict ?? 'no verdict yet'}`,
    ...[resume, ...(restart === null ? [] : [restartText(restart)])].map((line) => `             ${line}`),
  ]
}

function restartText(restart: RestartState): string {
  switch (restart) {
    case 'stopped':
      return 'it was stopped when the demo ended'
    case 'resumed':
      return 'it was stopped, then resumed where it was and read the new row'
    case 'refused':
      return 'it was stopped, and the server refused to start it where it was'
    default:
      return unreachable(restart)
  }
}
