import type { OffbeatError } from '../../../model/error.ts'
import { query } from '../../../model/fix.ts'
import { type LossAbout, RUN, rightServer } from '../../loss.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { quoteLiteral } from '../connect/quoting.ts'
import type { WalDirectory } from '../inspect/wal-directory.ts'
import { lsnToBigint } from '../position.ts'
import { type LostPosition, type ResumeInput, startAnew } from './loss.ts'
import { lost } from './position-lost.ts'

type Input = Omit<ResumeInput, 'history'>

/** Adds the missing segment and the choices to the error that the server returned when it could not read its own log. */
export function explainRemoved(error: OffbeatError, input: Input): OffbeatError {
  return removed(input, error.message, error.found ?? error.code)
}

/**
 * The server does not notice that somebody removed a segment until it reads that segment. `facts` must be read after `wal`: a slot's
 * restart_lsn only grows, so the segment that it needs now was still needed when `wal` was read.
 */
export function checkSegments(input: Input, wal: WalDirectory): OffbeatError | null {
  const { slot, standby } = input.facts
  const needed = slot?.restartLsn ?? null
  // A synchronized copy on a standby reserves no log until it is complete.
  if (needed === null || (standby && slot?.synced === true)) return null
  if (lsnToBigint(wal.oldest.position) <= lsnToBigint(needed)) return null
  return removed(
    input,
    `the server no longer has the WAL files that the slot ${input.config.slot} needs`,
    `the oldest file in pg_wal is ${wal.oldest.name}, which begins at ${wal.oldest.position}`,
  )
}

function removed(input: Input, message: string, found: string): OffbeatError {
  const needed = input.facts.slot?.restartLsn ?? null
  return lost(
    'POSTGRES_WAL_REMOVED',
    { ...input, history: null },
    {
      message,
      found,
      expected: `every WAL segment from ${needed ?? 'the stored offset'} on, the slot's restart_lsn`,
    },
    (position) => ({ evidence: [{ name: 'files', value: found }], choices: choices(position) }),
  )
}

function choices(position: LostPosition): LossAbout['choices'] {
  const slot = quoteLiteral(position.config.slot)
  return [
    {
      what: 'Put the missing files back into pg_wal of the server, if an archive or a backup has them',
      cost: 'nothing is lost, if all files from this one on are back',
      run: [
        query(`SELECT pg_walfile_name(restart_lsn) FROM pg_replication_slots WHERE slot_name = ${slot}`, SUPERUSER),
        RUN,
      ],
    },
    rightServer(
      position,
      'Connect to a server that has these files and the slot, if this is another one after a failover',
    ),
    startAnew(position),
  ]
}
