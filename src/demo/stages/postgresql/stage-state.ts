import { bytesInWords } from '../../../model/figures.ts'
import type { TextRow } from '../../../sources/connect/text-row.ts'
import type { PostgresConnection } from '../../../sources/postgresql/connect/connection.ts'
import type { SideLogState } from '../../side-state.ts'
import type { StageState } from '../../stage.ts'
import { SLOTS } from './prepared-server.ts'

const DISK = `
  SELECT pg_current_wal_lsn()::text AS head, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS written,
         count(*)::text AS files, coalesce(sum(size), 0)::text AS bytes
    FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'`

const SLOT_QUERY = `
  WITH files AS MATERIALIZED (SELECT name, size FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'),
       head AS MATERIALIZED (SELECT pg_current_wal_lsn() AS lsn)
  SELECT slot_name AS name, confirmed_flush_lsn::text AS position,
         CASE WHEN wal_status <> 'lost' THEN greatest(0, coalesce(pg_wal_lsn_diff(head.lsn, restart_lsn), 0))::text END AS held,
         (SELECT count(*)::text || ' ' || coalesce(sum(size), 0)::text FROM files
           WHERE name BETWEEN pg_walfile_name(restart_lsn) AND pg_walfile_name(head.lsn)) AS disk
    FROM pg_replication_slots, head WHERE slot_type = 'logical'`

/** Needs a superuser. A slot retains the log from its `restart_lsn` to the head. */
export async function readStageState(admin: PostgresConnection): Promise<StageState> {
  const [disk] = await admin.query(DISK)
  const slots = new Map((await admin.query(SLOT_QUERY)).map((row) => [String(row['name']), sideState(row)]))
  const guarded = slots.get(SLOTS.guarded)
  const unguarded = slots.get(SLOTS.unguarded)
  return {
    head: String(disk?.['head']),
    writtenBytes: Number(disk?.['written']),
    logOnDisk: `pg_wal ${bytesInWords(Number(disk?.['bytes']))} in ${Number(disk?.['files'])} files`,
    sides: { ...(guarded === undefined ? {} : { guarded }), ...(unguarded === undefined ? {} : { unguarded }) },
  }
}

function sideState(row: TextRow): SideLogState {
  const [files, bytes] = String(row['disk']).split(' ')
  return {
    heldBytes: row['held'] === null ? null : Number(row['held']),
    position: String(row['position']),
    disk: { files: Number(files), bytes: Number(bytes) },
  }
}
