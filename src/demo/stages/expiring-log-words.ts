import { bytesInWords, timeInWords } from '../../model/figures.ts'
import { unreachable } from '../../model/unreachable.ts'
import type { RestartState, SideState, SideSummary } from '../side-state.ts'
import type { Side, SideRow, StageWords } from '../stage.ts'

/** What differs between the databases that remove their log by age. */
interface ExpiringLog {
  readonly reader: Readonly<Record<Side, string>>
  /** The age at which the log is removed. */
  readonly retentionMs: number
  /** How the database calls it: `purged`. */
  readonly removed: string
  /** See `StageWords`. */
  readonly rules: string
}

/** The server keeps nothing for a reader: it removes all log at the same age, so what counts is how much time is left. */
export function expiringLogWords({ reader, retentionMs, removed, rules }: ExpiringLog): StageWords {
  return {
    reader,
    unguardedReader: 'offset moves only when a row comes',
    chart: { of: 'runway', limit: retentionMs / 1000 },
    rows: (side) => rows(side, removed),
    line: (side) => line(side, removed),
    summary: (side) => summary(side, removed),
    rules,
  }
}

function rows(side: SideState, removed: string): readonly SideRow[] {
  return [
    { label: 'could be down for', value: runway(side) },
    { label: 'needs', value: needs(side, removed) },
    { label: 'offset moved', value: `${timeInWords(side.positionAgeMs)} ago` },
    { label: 'restart', value: side.restart === null ? 'not yet' : restart(side.restart) },
  ]
}

function line(side: SideState, removed: string): string {
  const time = side.heldBytes === null ? '' : `, could be down for ${runway(side)}`
  return `needs ${needs(side, removed)}${time}${side.restart === null ? '' : `, ${restart(side.restart)}`}`
}

function summary({ verdict, heldBytesStart, heldBytesEnd }: SideSummary, removed: string): string {
  if (verdict === 'lost') return `needs a part of the log that was ${removed}`
  return `needs ${bytesInWords(heldBytesEnd)} of the log (${bytesInWords(heldBytesStart)} at the start)`
}

function runway({ heldBytes, runwaySeconds }: SideState): string {
  if (heldBytes === null) return '-'
  if (runwaySeconds === null) return 'measuring ...'
  return runwaySeconds === 0 ? '0 s' : timeInWords(runwaySeconds * 1000)
}

/** The position of a file is its name alone. */
function needs({ heldBytes, position }: SideState, removed: string): string {
  const from = position.replace(/(\.\d+):\d+$/, '$1')
  return heldBytes === null ? `${from}, ${removed}` : `${bytesInWords(heldBytes)} from ${from}`
}

function restart(state: RestartState): string {
  switch (state) {
    case 'stopped':
      return 'stopped'
    case 'resumed':
      return 'resumed where it was'
    case 'refused':
      return 'refused by the server'
    default:
      return unreachable(state)
  }
}
