import type { PostgresConnection, StatementOptions } from '../../connect/connection.ts'

export interface StandbyFacts {
  readonly paused: boolean
  /** Since the last transaction that was replayed; null: none was. */
  readonly replayedAgoMs: number | null
  /** All that was received has been replayed. */
  readonly caughtUp: boolean
  /** null: no receiver. */
  readonly receiver: { readonly pid: number } | null
}

export async function lookAtStandby(connection: PostgresConnection, options: StatementOptions): Promise<StandbyFacts> {
  const [row] = await connection.query(
    `SELECT pg_is_wal_replay_paused()::text AS paused,
       round(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint::text AS age,
       (pg_last_wal_receive_lsn() IS NOT DISTINCT FROM pg_last_wal_replay_lsn())::text AS caught_up,
       (SELECT pid FROM pg_catalog.pg_stat_wal_receiver)::text AS receiver`,
    [],
    options,
  )
  const age = row?.['age'] ?? null
  const pid = row?.['receiver'] ?? null
  return {
    paused: row?.['paused'] === 'true',
    replayedAgoMs: age === null ? null : Number(age),
    caughtUp: row?.['caught_up'] === 'true',
    receiver: pid === null ? null : { pid: Number(pid) },
  }
}
