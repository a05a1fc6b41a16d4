import { inDatabase } from '../../../model/fix.ts'
import type { Blocker } from '../../../model/log-state.ts'
import { numberOf, type TextRow } from '../../connect/text-row.ts'
import { firstWords } from '../../first-words.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { quoteLiteral } from '../connect/quoting.ts'
import { LSN_POSITIONS, lsnToBigint } from '../position.ts'
import type { ServerFacts } from './server-facts.ts'

/** An active slot counts as a blocker only if it retains this much more than ours: a working reader is always a little behind. */
const ACTIVE_SLOT_BYTES = 1024n ** 3n
const IDLE_SLOT_BYTES = 64n * 1024n ** 2n

export interface BlockerSearch {
  readonly facts: ServerFacts
  readonly afterMs: number
  readonly queries: boolean
  readonly signal: AbortSignal
}

/** What keeps the log from being removed although our position moves: old writing transactions, prepared transactions, other slots. */
export async function findBlockers(connection: PostgresConnection, search: BlockerSearch): Promise<readonly Blocker[]> {
  return [
    ...(await transactions(connection, search)),
    ...(await preparedTransactions(connection, search)),
    ...(await otherSlots(connection, search)),
  ]
}

const epochMs = (column: string) => `round(extract(epoch FROM ${column}) * 1000)::bigint::text`

async function transactions(
  connection: PostgresConnection,
  { afterMs, queries, signal }: BlockerSearch,
): Promise<readonly Blocker[]> {
  const rows = await connection.query(
    `SELECT pid::text, usename::text, application_name, datname::text, state, ${epochMs('xact_start')} AS since_ms,
       age(backend_xid)::text AS xid_age, age(backend_xmin)::text AS xmin_age, ${queries ? 'left(query, 400)' : 'NULL'} AS query
     FROM pg_catalog.pg_stat_activity
     WHERE backend_xid IS NOT NULL AND xact_start <= clock_timestamp() - ${afterMs} * interval '1 millisecond'
     ORDER BY xact_start LIMIT 20`,
    [],
    { signal },
  )
  return rows.map((row) => ({
    kind: 'transaction',
    name: `process ${row['pid']}`,
    sinceMs: numberOf(row, 'since_ms'),
    holds: 'log',
    heldBytes: null,
    details: {
      pid: numberOf(row, 'pid'),
      user: row['usename'] ?? null,
      application: row['application_name'] ?? null,
      database: row['datname'] ?? null,
      state: row['state'] ?? null,
      xidAge: numberOf(row, 'xid_age'),
      xminAge: numberOf(row, 'xmin_age'),
      ...(queries ? { query: firstWords(row['query'] ?? '') } : {}),
    },
    fix: [inDatabase(`SELECT pg_terminate_backend(${row['pid']})`, SUPERUSER, { note: 'ends it and rolls it back' })],
  }))
}

async function preparedTransactions(
  connection: PostgresConnection,
  { afterMs, signal }: BlockerSearch,
): Promise<readonly Blocker[]> {
  const rows = await connection.query(
    `SELECT gid, owner::text, database::text, ${epochMs('prepared')} AS since_ms, age(transaction)::text AS xid_age
     FROM pg_catalog.pg_prepared_xacts
     WHERE prepared <= clock_timestamp() - ${afterMs} * interval '1 millisecond' ORDER BY prepared LIMIT 20`,
    [],
    { signal },
  )
  return rows.map((row) => ({
    kind: 'prepared transaction',
    name: row['gid'] ?? '',
    sinceMs: numberOf(row, 'since_ms'),
    holds: 'log',
    heldBytes: null,
    details: { user: row['owner'] ?? null, database: row['database'] ?? null, xidAge: numberOf(row, 'xid_age') },
    fix: [
      inDatabase(`ROLLBACK PREPARED ${quoteLiteral(row['gid'] ?? '')}`, SUPERUSER, {
        at: row['database'] ?? null,
        note: 'or COMMIT PREPARED',
      }),
    ],
  }))
}

async function otherSlots(
  connection: PostgresConnection,
  { facts, afterMs, signal }: BlockerSearch,
): Promise<readonly Blocker[]> {
  const rows = await connection.query(
    `SELECT slot_name::text, slot_type, active::text, restart_lsn::text, wal_status,
       ${epochMs(`(to_jsonb(s) ->> 'inactive_since')::timestamptz`)} AS since_ms
     FROM pg_catalog.pg_replication_slots s WHERE restart_lsn IS NOT NULL ORDER BY restart_lsn LIMIT 20`,
    [],
    { signal },
  )
  const ours = facts.slot?.restartLsn ?? facts.head
  return rows.flatMap((row) => {
    const restart = LSN_POSITIONS.parse(row['restart_lsn'] ?? '')
    const more = lsnToBigint(ours) - lsnToBigint(restart)
    if (row['slot_name'] === facts.slot?.name || !holdsTooMuch(row, more, facts.atMs - afterMs)) return []
    return [otherSlot(row, more, lsnToBigint(facts.head) - lsnToBigint(restart))]
  })
}

function holdsTooMuch(row: TextRow, bytes: bigint, idleBeforeMs: number): boolean {
  if (row['active'] === 'true') return bytes >= ACTIVE_SLOT_BYTES
  const sinceMs = numberOf(row, 'since_ms')
  return bytes >= IDLE_SLOT_BYTES && (sinceMs === null || sinceMs <= idleBeforeMs)
}

function otherSlot(row: TextRow, more: bigint, held: bigint): Blocker {
  return {
    kind: 'slot',
    name: row['slot_name'] ?? '',
    sinceMs: numberOf(row, 'since_ms'),
    holds: 'log',
    heldBytes: held,
    details: {
      type: row['slot_type'] ?? null,
      active: row['active'] === 'true',
      restart_lsn: row['restart_lsn'] ?? null,
      wal_status: row['wal_status'] ?? null,
      bytesBehindOurs: more.toString(),
    },
    fix: [
      inDatabase(`SELECT pg_drop_replication_slot(${quoteLiteral(row['slot_name'] ?? '')})`, SUPERUSER, {
        note: 'if it is not needed',
      }),
    ],
  }
}
