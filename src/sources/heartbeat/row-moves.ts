import type { DataWords } from '../../model/data-words.ts'
import { timeInWords } from '../../model/figures.ts'
import type { HeartbeatEvidence, RowFacts } from './facts.ts'
import { rowChange } from './row-age.ts'

/**
 * `moving`: the row was seen to change within three intervals. `new`: its time is that recent, but it has not been updated since it was
 * inserted. `still`: it has not changed for longer than that. `unknown`: its writer may use another time zone, or the row cannot be read.
 */
export interface RowMoves {
  readonly is: 'moving' | 'new' | 'still' | 'unknown'
  /** The time since its last change; null: not known. */
  readonly agoMs: number | null
  readonly words: string
}

export function rowMoves(evidence: HeartbeatEvidence): RowMoves {
  const { heartbeat, mode, intervalMs, words: called } = evidence
  const { row } = heartbeat
  if (row?.first !== true) return { is: 'unknown', agoMs: null, words: `the ${called.firstRow} is not seen` }
  const withinMs = 3 * intervalMs
  const proof = changeProven(evidence)
  if (proof !== null && proof.agoMs <= withinMs) return { is: 'moving', ...proof }
  const words = changeInWords(row, called)
  const agoMs = row.committedAgoMs ?? row.ageMs
  const change = rowChange(row, withinMs, mode === 'table')
  if (change === 'unknown') return { is: 'unknown', agoMs: null, words }
  if (change === 'long ago') return { is: 'still', agoMs, words }
  if (row.updated === true) return { is: 'moving', agoMs, words }
  return { is: row.updated === null ? 'unknown' : 'new', agoMs, words }
}

function changeInWords({ committedAgoMs, ageMs, otherZones }: RowFacts, called: DataWords): string {
  if (committedAgoMs !== null) return `the ${called.row} last changed ${timeInWords(committedAgoMs)} ago`
  if (ageMs === null) return `last_update of the ${called.row} is not a valid time`
  const when = ageMs < 0 ? `${timeInWords(-ageMs)} from now` : `${timeInWords(ageMs)} ago`
  return `last_update of the ${called.row} ${ageMs < 0 ? 'is' : 'was'} ${when}${otherZones ? ' in the time zone of this session' : ''}`
}

/**
 * The time of a change by a reliable clock instead of `last_update`: when we read the change from the log, or the scheduler's record of a
 * run.
 */
function changeProven({ signs, nowMs, scheduler }: HeartbeatEvidence): { agoMs: number; words: string } | null {
  const seenAtMs = signs.pulses.find((pulse) => pulse.seenAtMs !== null)?.seenAtMs ?? null
  if (seenAtMs !== null)
    return {
      agoMs: nowMs - seenAtMs,
      words: `its last change was read from the log ${timeInWords(nowMs - seenAtMs)} ago`,
    }
  const jobs = scheduler?.seen === 'scheduler' && scheduler.jobs?.seen === true ? scheduler.jobs.jobs : []
  const ours = jobs.filter(({ elsewhere, row }) => elsewhere === null && row === 'the row')
  const agoMs = ours.find(({ run }) => run?.result === 'changed the row')?.run?.agoMs ?? null
  return agoMs === null ? null : { agoMs, words: `the job changed it ${timeInWords(agoMs)} ago` }
}
