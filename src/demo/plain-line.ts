import { bytesInWords, timeInWords } from '../model/figures.ts'
import type { DemoState, NumberedPulse, SideState } from './demo-state.ts'
import type { DemoSummary, SideSummary } from './demo-summary.ts'
import { hopsOf, minutes } from './hop.ts'

/** The state as one line, for a pipe. */
export function stateLine(state: DemoState): string {
  const rate = state.busyBytesPerSecond
  const speed = rate === null ? 'starting' : `${bytesInWords(rate)}/s`
  return `${minutes(state.elapsedMs)}  guarded: ${side(state.guarded)} | unguarded: ${side(state.unguarded)} | busy database: ${speed}`
}

function side({ heldBytes, disk, acknowledged, verdict }: SideState): string {
  return `held ${bytesInWords(heldBytes)} (disk ${bytesInWords(disk.bytes)}), at ${acknowledged}, ${verdict?.name ?? 'not known yet'}`
}

/** One line for a heartbeat that has completed all its hops or has failed. */
export function beatLine({ number, writtenElapsedMs, pulse }: NumberedPulse): string {
  const start = `${minutes(writtenElapsedMs)}  beat ${number}`
  if (pulse.failedCode !== null) return `${start} failed: ${pulse.failedCode}`
  const hops = hopsOf(pulse).map(({ hop, afterMs }) => `${hop} ${afterMs === null ? '-' : `+${afterMs} ms`}`)
  return `${start} written, ${hops.join(', ')}`
}

/** The summary for a person. No line is wider than 78 columns. */
export function summaryText({ guarded, unguarded, seconds }: DemoSummary): string {
  const { beats, pulsesBack, roundTripMsP50 } = guarded
  const half = roundTripMsP50 === null ? '' : `, half of them within ${roundTripMsP50} ms`
  return [
    `After ${timeInWords(seconds * 1000)} with one row in the watched tables, beside a busy database:`,
    ...sideText('guarded', guarded),
    `             ${pulsesBack} of ${beats} heartbeats came back${half}`,
    ...sideText('unguarded', unguarded),
    '',
  ].join('\n')
}

function sideText(name: string, { heldBytesStart, heldBytesEnd, verdict, resumable }: SideSummary): string[] {
  const held = `holds ${bytesInWords(heldBytesEnd)} of the log (${bytesInWords(heldBytesStart)} at the start)`
  const resume = resumable ? 'it can resume' : 'it cannot resume: the server has removed its log'
  return [`  ${name.padEnd(9)}  ${held}; ${verdict ?? 'no verdict yet'}`, `             ${resume}`]
}
