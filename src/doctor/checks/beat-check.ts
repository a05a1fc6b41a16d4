import type { DataWords } from '../../model/data-words.ts'
import { formatDurationMs } from '../../model/duration.ts'
import { inShell } from '../../model/fix.ts'
import {
  advice,
  type Check,
  type CheckFix,
  type CheckResult,
  finding,
  instead,
  manual,
  unseen,
  well,
} from '../../sources/check.ts'
import type { HeartbeatEvidence } from '../../sources/heartbeat/facts.ts'
import { lockFinding, suppressionFinding, usesTable } from '../../sources/heartbeat/finding.ts'
import { rowMoves } from '../../sources/heartbeat/row-moves.ts'

function asked({ row }: DataWords): string {
  return `set \`readOnly: true\` in the configuration, and schedule a job on the primary that updates the ${row}: \`offbeat setup\` prints it`
}

/** Checks that our own beats can be written. The beats of a job are covered by the scheduler's checks. */
export const writableCheck: Check<HeartbeatEvidence> = {
  id: 'heartbeat-writable',
  symptom: 3,
  title: 'a session that can write',
  codes: ['HEARTBEAT_READ_ONLY'],
  run({ mode, heartbeat, fixes, words }) {
    if (mode !== 'table' && mode !== 'message') return null
    const expected = `a primary and a session that can write, for mode ${mode}`
    const { readOnly } = heartbeat
    if (readOnly === null) return well('the server is a primary, and sessions can write', expected)
    const { found } = readOnly
    if (readOnly.is === 'standby')
      return finding('fail', 'HEARTBEAT_READ_ONLY', { found, expected, fix: [advice(asked(words))] })
    const writable = fixes.makeWritable().map((fix) => manual(fix, 'the sessions may be read-only on purpose'))
    return finding('fail', 'HEARTBEAT_READ_ONLY', { found, expected, fix: [...writable, instead(asked(words))] })
  },
}

export function movesCheck({ row }: DataWords): Check<HeartbeatEvidence> {
  return {
    id: 'heartbeat-moves',
    symptom: 3,
    title: `the ${row} changes`,
    codes: ['HEARTBEAT_STILL', 'HEARTBEAT_SLOW', 'HEARTBEAT_SUPPRESSED'],
    run: moves,
  }
}

function moves(evidence: HeartbeatEvidence): CheckResult | null {
  const { heartbeat, mode, intervalMs, signs, fixes, words } = evidence
  if (!usesTable(evidence)) return null
  if (heartbeat.isLocked) return lockFinding(evidence, `${heartbeat.name} cannot be read`)
  if (heartbeat.row?.first !== true) return null
  const expected = `the ${words.row} changes every ${formatDurationMs(intervalMs)}`
  const { is, words: found } = rowMoves(evidence)
  if (is === 'moving') return well(found, expected)
  const awaited = mode === 'job' ? 'a run of the job' : 'a running connector: offbeat run'
  if (is === 'new') return unseen(`${found}, and it has not been updated since it was inserted`, awaited)
  const locked = lockFinding(evidence, found)
  if (locked !== null && (mode === 'job' || signs.running !== null)) return locked
  if (is === 'unknown') return unseen(`${found}; ${whyUnknown(evidence)}`, proofOf(evidence))
  if (mode === 'table' && signs.running === null)
    return unseen(`${found}, and no connector runs that would change it`, awaited)
  const suppressed = suppressionFinding(evidence, found)
  if (suppressed !== null) return suppressed
  return finding('fail', 'HEARTBEAT_STILL', {
    found,
    expected,
    fix: [manual(fixes.readRow(), ''), ...whoWrites(evidence)],
  })
}

function whyUnknown({ heartbeat: { row }, words }: HeartbeatEvidence): string {
  if (row?.ageMs === null) return `what writes the ${words.row} must set it to the current time`
  if (row?.isMoment === true && row.ageMs < 0) return 'the clock of the client that writes it is ahead of the server'
  return row?.otherZones === false
    ? 'whether it was inserted or updated then is not recorded'
    : 'the client that writes it can be in another time zone'
}

function proofOf({ heartbeat: { keepsTimes } }: HeartbeatEvidence): string {
  const seen = 'a running connector, which sees its changes in the log'
  return keepsTimes === null ? seen : `${seen}; or ${keepsTimes}, for the time of its last change`
}

function whoWrites({ mode, by, source, fixes, words }: HeartbeatEvidence): readonly CheckFix[] {
  if (by === 'external') {
    const note = 'what the job outside the database runs; it shows why a heartbeat fails'
    const beat = inShell(`offbeat beat ${source}`, { note })
    return [beat, ...(fixes.outsideJob ?? [])].map((fix) => manual(fix, 'the job runs outside the database'))
  }
  return mode === 'job'
    ? [advice(`fix the job: see its checks; the ${words.row} changes at its next run`)]
    : [advice('check the log of the running connector, which has the reason why heartbeats fail')]
}
