import type { AdminConnection } from '../local-server/postgresql/admin-connection.ts'

/** One look at the whole server, with a superuser's eyes: what each slot holds of the log, and what lies on the disk because of it. */
export interface ServerLook {
  readonly head: string
  readonly writtenBytes: number
  /** All files of the log, those made ready for later included. */
  readonly disk: FilesOnDisk
  readonly slots: ReadonlyMap<string, SlotLook>
}

export interface SlotLook {
  /** From the slot's `restart_lsn` to the head; 0 when the server has taken the slot's log away. */
  readonly heldBytes: number
  readonly acknowledged: string
  readonly lost: boolean
  /** The files from the one that `restart_lsn` lies in to the head's. */
  readonly disk: FilesOnDisk
}

export interface FilesOnDisk {
  readonly files: number
  readonly bytes: number
}

const DISK = `
  SELECT pg_current_wal_lsn()::text AS head, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS written,
         count(*)::text AS files, coalesce(sum(size), 0)::text AS bytes
    FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'`

const SLOTS = `
  WITH files AS MATERIALIZED (SELECT name, size FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'),
       head AS MATERIALIZED (SELECT pg_current_wal_lsn() AS lsn)
  SELECT slot_name AS name, confirmed_flush_lsn::text AS acknowledged, coalesce(wal_status, '') = 'lost' AS lost,
         greatest(0, coalesce(pg_wal_lsn_diff(head.lsn, restart_lsn), 0))::text AS held,
         (SELECT count(*)::text || ' ' || coalesce(sum(size), 0)::text FROM files
           WHERE name BETWEEN pg_walfile_name(restart_lsn) AND pg_walfile_name(head.lsn)) AS disk
    FROM pg_replication_slots, head WHERE slot_type = 'logical'`

export async function lookAtServer(admin: AdminConnection): Promise<ServerLook> {
  const [disk] = await admin.query(DISK)
  const slots = await admin.query(SLOTS)
  return {
    head: String(disk?.['head']),
    writtenBytes: Number(disk?.['written']),
    disk: { files: Number(disk?.['files']), bytes: Number(disk?.['bytes']) },
    slots: new Map(slots.map((row) => [String(row['name']), slotLook(row)])),
  }
}

function slotLook(row: Record<string, unknown>): SlotLook {
  const [files, bytes] = String(row['disk']).split(' ')
  return {
    heldBytes: Number(row['held']),
    acknowledged: String(row['acknowledged']),
    lost: row['lost'] === true,
    disk: { files: Number(files), bytes: Number(bytes) },
  }
}
