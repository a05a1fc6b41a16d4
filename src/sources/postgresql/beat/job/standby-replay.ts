import { type Fix, inDatabase, query } from '../../../../model/fix.ts'
import { advice, type CheckResult, finding, manual, spanInWords, well } from '../../../check.ts'
import type { StatementOptions } from '../../../connect/session-life.ts'
import { numberOf } from '../../../connect/text-row.ts'
import type { PostgresqlConfig } from '../../config.ts'
import type { PostgresConnection } from '../../connect/connection.ts'
import { SUPERUSER } from '../../connect/fix-runner.ts'

export interface StandbyFacts {
  readonly paused: boolean
  /** Since the last replayed transaction; null: none was replayed. */
  readonly replayedAgoMs: number | null
  /** Everything that was received has been replayed. */
  readonly caughtUp: boolean
  /** null: no receiver. */
  readonly receiver: { readonly pid: number } | null
}

export async function readStandbyFacts(
  connection: PostgresConnection,
  options: StatementOptions,
): Promise<StandbyFacts> {
  const [row] = await connection.query(
    `SELECT pg_is_wal_replay_paused()::text AS paused,
       round(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint::text AS age,
       (pg_last_wal_receive_lsn() IS NOT DISTINCT FROM pg_last_wal_replay_lsn())::text AS caught_up,
       (SELECT pid FROM pg_catalog.pg_stat_wal_receiver)::text AS receiver`,
    [],
    options,
  )
  const pid = numberOf(row, 'receiver')
  return {
    paused: row?.['paused'] === 'true',
    replayedAgoMs: numberOf(row, 'age'),
    caughtUp: row?.['caught_up'] === 'true',
    receiver: pid === null ? null : { pid },
  }
}

/** Part of the fix, since a source's other fixes are run on its primary. */
export const ON_STANDBY = `${SUPERUSER}, on the standby`

const LATE_MS = 60_000
const CLIENTS =
  "SELECT pid, state, xact_start FROM pg_stat_activity WHERE backend_type = 'client backend' ORDER BY xact_start"

/** Whether the standby follows its primary; null: the server is not a standby. */
export function standbyReplay({
  standby,
  config,
}: {
  readonly standby: StandbyFacts | null
  readonly config: PostgresqlConfig
}): CheckResult | null {
  if (standby === null) return null
  const at = config.connection.database
  const expected = 'a receiver, replay that is not paused, and a lag of less than three intervals'
  const late = (found: string, fix: Fix, because: string) =>
    finding('fail', 'POSTGRES_STANDBY_LATE', { found, expected, fix: [manual(fix, because)] })
  if (standby.paused) {
    const resume = inDatabase('SELECT pg_wal_replay_resume()', ON_STANDBY, { at })
    return late('replay is paused', resume, 'it may be paused on purpose')
  }
  const limitMs = Math.max(LATE_MS, 3 * config.heartbeat.source.intervalMs)
  const { replayedAgoMs } = standby
  if (standby.receiver === null)
    return finding('warn', 'POSTGRES_STANDBY_LATE', {
      found: 'no receiver runs: the standby receives no log by streaming',
      expected,
      fix: [advice('check the log of the standby; primary_conninfo has the server that it receives from')],
    })
  if (!standby.caughtUp && replayedAgoMs !== null && replayedAgoMs > limitMs)
    return late(
      `the received log is not replayed; the last replayed transaction is ${spanInWords(replayedAgoMs)} old`,
      query(CLIENTS, ON_STANDBY, { at, note: 'a query on the standby can block the replay' }),
      '',
    )
  return well('it receives and replays', expected)
}
