import { bytesInWords, timeInWords } from '../../../model/figures.ts'
import { unreachable } from '../../../model/unreachable.ts'
import type { RestartState, SideState, SideSummary } from '../../side-state.ts'
import type { SideRow, StageWords } from '../../stage.ts'
import { type MysqlPace, SERVER_IDS } from './mysql-pace.ts'

/** The server keeps nothing for a reader: it purges each file at the same age, so what counts is how much time is left. */
export function stageWords({ retentionMs, settleIntervalMs }: MysqlPace): StageWords {
  return {
    reader: { guarded: `server id ${SERVER_IDS.guarded}`, unguarded: `server id ${SERVER_IDS.unguarded}` },
    unguardedReader: 'offset moves only when a row comes',
    chart: { of: 'runway', limit: retentionMs / 1000 },
    rows,
    line,
    summary,
    rules: `New log file every ${timeInWords(settleIntervalMs)}, purged after ${timeInWords(retentionMs)}`,
  }
}

function rows(side: SideState): readonly SideRow[] {
  return [
    { label: 'could be down for', value: runway(side) },
    { label: 'needs', value: needs(side) },
    { label: 'offset moved', value: `${timeInWords(side.positionAgeMs)} ago` },
    { label: 'restart', value: side.restart === null ? 'not yet' : restart(side.restart) },
  ]
}

function line(side: SideState): string {
  const time = side.heldBytes === null ? '' : `, could be down for ${runway(side)}`
  return `needs ${needs(side)}${time}${side.restart === null ? '' : `, ${restart(side.restart)}`}`
}

function summary({ verdict, heldBytesStart, heldBytesEnd }: SideSummary): string {
  if (verdict === 'lost') return 'needs a part of the log that was purged'
  return `needs ${bytesInWords(heldBytesEnd)} of the log (${bytesInWords(heldBytesStart)} at the start)`
}

function runway({ heldBytes, runwaySeconds }: SideState): string {
  if (heldBytes === null) return '-'
  if (runwaySeconds === null) return 'measuring ...'
  return runwaySeconds === 0 ? '0 s' : timeInWords(runwaySeconds * 1000)
}

function needs({ heldBytes, position }: SideState): string {
  const [file] = position.split(':')
  return heldBytes === null ? `${file}, purged` : `${bytesInWords(heldBytes)} from ${file}`
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
