import { bytesInWords } from '../../../model/figures.ts'
import type { Limit } from '../../../model/log-state.ts'
import type { DiskConfig } from '../../disk-schema.ts'
import type { PostgresConnection, StatementOptions } from '../connect/connection.ts'
import type { WalDirectory } from './wal-directory.ts'

/** Measuring databases walks through their files: once in so long is enough. */
const MEASURE_EVERY_MS = 600_000

interface Databases {
  readonly bytes: number
  /** How many we may not measure. */
  readonly unseen: number
}

/** Keeps what is dear to measure from look to look. */
export class DiskLook {
  readonly #disk: DiskConfig | null
  #databases: (Databases & { readonly atMs: number }) | null = null

  constructor(disk: DiskConfig | null) {
    this.#disk = disk
  }

  /** The disk as a limit; null: its size was not told. */
  async limit(
    connection: PostgresConnection,
    seen: { readonly wal: WalDirectory | null; readonly heldBytes: bigint | null; readonly atMs: number },
    options: StatementOptions,
  ): Promise<Limit | null> {
    const disk = this.#disk
    if (disk === null) return null
    const databases = disk.holds === 'everything' ? await this.#measure(connection, seen.atMs, options) : null
    const log = Number(seen.wal?.bytes ?? seen.heldBytes ?? 0n)
    return {
      name: 'disk',
      unit: 'bytes',
      keeps: disk.sizeBytes,
      used: log + (databases?.bytes ?? 0),
      certain: disk.holds === 'log' && seen.wal !== null,
      ends: 'disk full',
      because: [
        seen.wal === null
          ? `our slot retains ${bytesInWords(log)} of the log; all of pg_wal is more`
          : `pg_wal has ${bytesInWords(log)}`,
        ...(databases === null ? [] : databaseWords(databases)),
        FULL,
      ],
    }
  }

  async #measure(connection: PostgresConnection, atMs: number, options: StatementOptions): Promise<Databases> {
    const known = this.#databases
    if (known !== null && Math.abs(atMs - known.atMs) < MEASURE_EVERY_MS) return known
    const measured = { ...(await measureDatabases(connection, options)), atMs }
    this.#databases = measured
    return measured
  }
}

const FULL = 'a full disk stops the server'

/** Where nothing else bounds what the slot holds. */
export function unknownDisk(): Limit {
  const how = 'set `disk: { size: 500GB }` in the source, and the runway takes it into account'
  const because = [`the size of the disk is not known: ${how}; ${FULL}`]
  return { name: 'disk', unit: 'bytes', keeps: null, used: 0, certain: false, ends: 'disk full', because }
}

function databaseWords({ bytes, unseen }: Databases): readonly string[] {
  const missing = unseen === 0 ? '' : `, without ${unseen} that this user cannot measure (GRANT pg_monitor shows them)`
  return [`the databases have ${bytesInWords(bytes)}${missing}; other files on the disk are not counted`]
}

async function measureDatabases(connection: PostgresConnection, options: StatementOptions): Promise<Databases> {
  const [row] = await connection.query(
    `SELECT coalesce(sum(CASE WHEN may THEN pg_database_size(oid) END), 0)::text AS bytes,
       count(*) FILTER (WHERE NOT may)::text AS unseen
     FROM (SELECT oid, has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE') AS may
           FROM pg_catalog.pg_database) d`,
    [],
    options,
  )
  return { bytes: Number(row?.['bytes'] ?? 0), unseen: Number(row?.['unseen'] ?? 0) }
}
