import { startLocalPostgresql } from '../../../local-server/postgresql/local-postgresql.ts'
import type { PostgresConnection } from '../../../sources/postgresql/connect/connection.ts'
import type { DemoPace, DemoStage, Side, StageOptions } from '../../stage.ts'
import { connectAsAdmin } from './admin-connection.ts'
import { PUBLICATIONS, prepareServer, SLOTS } from './prepared-server.ts'
import { readStageState } from './stage-state.ts'
import { stageWords } from './stage-words.ts'

/**
 * A heartbeat every two seconds is like one every minute, and a reader reaches the limit at which the server removes its log in about a
 * minute. That limit also bounds the demo's disk usage.
 */
const PACE: DemoPace = {
  beatIntervalMs: 2000,
  settleIntervalMs: 2000,
  bytesPerSecond: 3_200_000,
  atRiskMs: 42_000,
  restart: null,
}

/** How much log the server keeps for one reader. */
const LIMIT_BYTES = 192 * 1024 ** 2

/** The cluster, the log up to the limit, and the table of the busy database, measured at up to 294 MB. */
const NEEDED_BYTES = 400 * 1024 ** 2

/** A server of the demo's own, on loopback, in a folder that is deleted with it. */
export async function openStage({ env, signal, starting }: StageOptions): Promise<DemoStage> {
  starting('PostgreSQL')
  await using opening = new AsyncDisposableStack()
  const server = opening.use(
    await startLocalPostgresql({ env, settings: SETTINGS, label: 'demo', signal, neededBytes: NEEDED_BYTES }),
  )
  const { quietUrl, quietAdminUrl, busyAdminUrl } = await prepareServer(server)
  // One connection for each task, so that none waits for another.
  const observer = opening.use(await connectAsAdmin(quietAdminUrl))
  const writer = opening.use(await connectAsAdmin(quietAdminUrl))
  const busy = opening.use(await connectAsAdmin(busyAdminUrl))
  const [row] = await observer.query('SHOW server_version')
  const opened = opening.move()
  return {
    title: `PostgreSQL ${String(row?.['server_version']).split(' ')[0]}`,
    port: server.port,
    folder: server.folder,
    pace: PACE,
    words: stageWords(LIMIT_BYTES, PACE.settleIntervalMs),
    entry: (side: Side) => ({
      url: quietUrl,
      tables: ['public.orders'],
      slot: SLOTS[side],
      publication: PUBLICATIONS[side],
    }),
    inspect: async () => await readStageState(observer),
    async insertRow() {
      await writer.query(`INSERT INTO orders (item) VALUES ('the only order of the day')`)
    },
    async settle() {
      await writer.query('CHECKPOINT')
    },
    busy: {
      writtenBytes: async () => await writtenBytes(busy),
      async insertRows(count) {
        await busy.query(INSERT, [String(count)])
      },
      async empty() {
        await busy.query('TRUNCATE events')
      },
    },
    [Symbol.asyncDispose]: async () => await opened.disposeAsync(),
  }
}

const SETTINGS: Readonly<Record<string, string>> = {
  max_slot_wal_keep_size: `${LIMIT_BYTES / 1024 ** 2}MB`,
  // Delete log files that are no longer needed at the next checkpoint, instead of keeping them for reuse.
  min_wal_size: '32MB',
  wal_recycle: 'off',
}

/** Rows of about a thousand bytes. */
const INSERT = `INSERT INTO events (payload) SELECT repeat(md5(n::text), 31) FROM generate_series(1, $1::int) AS n`

async function writtenBytes(admin: PostgresConnection): Promise<number> {
  const [row] = await admin.query(`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text AS bytes`)
  return Number(row?.['bytes'])
}
