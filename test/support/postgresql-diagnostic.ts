import { queryRows } from './postgresql-query.ts'
import { addWaitDiagnostic } from './wait-diagnostic.ts'

/** Queries that show, on the server's side, what a silent stream can be waiting for. */
const QUESTIONS = {
  senders: `SELECT pid, application_name, state, sent_lsn, flush_lsn, pg_current_wal_flush_lsn() AS flushed, reply_time
    FROM pg_stat_replication`,
  slots:
    'SELECT slot_name, database, active_pid, catalog_xmin, restart_lsn, confirmed_flush_lsn FROM pg_replication_slots',
  sessions: `SELECT pid, datname, application_name, backend_type, state, wait_event_type, wait_event, backend_xid, backend_xmin,
      now() - xact_start AS transaction, now() - state_change AS since, pg_blocking_pids(pid) AS blocked_by, left(query, 120) AS query
    FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type IN ('client backend', 'walsender', 'checkpointer', 'walwriter')
    ORDER BY xact_start NULLS LAST`,
  locks: `SELECT pid, locktype, database, relation::regclass, transactionid, virtualxid, mode FROM pg_locks WHERE NOT granted`,
  prepared: 'SELECT gid, database, transaction, prepared FROM pg_prepared_xacts',
} as const

/** From now on, a wait in this test file that times out shows what the server's processes are doing. */
export function diagnoseServer(maintenanceUrl: string): Disposable {
  return addWaitDiagnostic(`PostgreSQL at port ${new URL(maintenanceUrl).port}`, async () => {
    const parts: string[] = []
    for (const [name, sql] of Object.entries(QUESTIONS)) {
      const rows = await queryRows(maintenanceUrl, sql, []).catch((error: unknown) => [{ error: String(error) }])
      parts.push(`${name}: ${rows.length === 0 ? 'none' : ''}`, ...rows.map((row) => `  ${JSON.stringify(row)}`))
    }
    return parts.join('\n')
  })
}
