import { startLocalMysql } from '../../../local-server/mysql/local-mysql.ts'
import type { MysqlProduct } from '../../../local-server/mysql/mysql-binaries.ts'
import { PRODUCT_TITLES } from '../../../local-server/mysql/mysql-binaries.ts'
import { timeInWords } from '../../../model/figures.ts'
import type { MysqlConnection } from '../../../sources/mysql/connect/connection.ts'
import type { DemoStage, OpenStage, Side, StageOptions, StageWords } from '../../stage.ts'
import { expiringLogWords } from '../expiring-log-words.ts'
import { LogMeter } from './log-meter.ts'
import { type MysqlPace, PACE, SERVER_IDS } from './mysql-pace.ts'
import { connectAsAdmin, prepareServer } from './prepared-server.ts'
import { stageState } from './stage-state.ts'

/** Those that purge files after seconds, not after days. */
const OLDEST = { mysql: [8, 0], mariadb: [10, 6] } as const

/** The data folder, the files of the log that are kept, and the table of the busy database, measured at up to 214 MB. */
const NEEDED_BYTES = 300 * 1024 ** 2

/** A server of the demo's own, on loopback, in a folder that is deleted with it. */
export function mysqlStage(product: MysqlProduct, pace: MysqlPace = PACE): OpenStage {
  return async ({ env, clock, log, signal, starting }: StageOptions): Promise<DemoStage> => {
    starting(PRODUCT_TITLES[product])
    await using opening = new AsyncDisposableStack()
    const options = { product, oldest: OLDEST[product], settings: settingsOf(pace), neededBytes: NEEDED_BYTES }
    const server = opening.use(await startLocalMysql({ ...options, env, label: 'demo', signal }))
    const connect = async (): Promise<MysqlConnection> => opening.use(await connectAsAdmin(server, signal))
    // One connection for each task, so that none waits for another.
    const [observer, writer, busy] = [await connect(), await connect(), await connect()]
    const source = await prepareServer(server, writer, { source: 'shop', clock, log }, signal)
    const meter = new LogMeter()
    const opened = opening.move()
    return {
      title: `${PRODUCT_TITLES[product]} ${server.binary.version}`,
      port: server.port,
      folder: server.folder,
      pace,
      words: wordsOf(pace),
      entry: (side: Side) => ({ ...source, serverId: SERVER_IDS[side] }),
      inspect: async (offsets) => stageState(product, await meter.read(observer), offsets),
      async insertRow() {
        await writer.change(`INSERT INTO shop.orders (item) VALUES ('an order')`)
      },
      async settle() {
        await writer.change('FLUSH BINARY LOGS')
      },
      busy: {
        writtenBytes: async () => (await meter.read(busy)).writtenBytes,
        async insertRows(count) {
          await busy.change(`${INSERT} LIMIT ${count}`)
        },
        async empty() {
          await busy.change('TRUNCATE busy.events')
        },
      },
      [Symbol.asyncDispose]: async () => await opened.disposeAsync(),
    }
  }
}

function wordsOf({ retentionMs, settleIntervalMs }: MysqlPace): StageWords {
  return expiringLogWords({
    reader: { guarded: `server id ${SERVER_IDS.guarded}`, unguarded: `server id ${SERVER_IDS.unguarded}` },
    retentionMs,
    removed: 'purged',
    rules: `New log file every ${timeInWords(settleIntervalMs)}, purged after ${timeInWords(retentionMs)}`,
  })
}

function settingsOf({ retentionMs }: MysqlPace): Readonly<Record<string, string>> {
  return {
    binlog_expire_logs_seconds: String(retentionMs / 1000),
    // MariaDB 11.4 and later would wait until a replica of its own kind is connected.
    loose_slave_connections_needed_for_purge: '0',
  }
}

/** Rows of about a thousand bytes. The digits give up to 10,000 of them. MySQL 9 has MD5 and SHA1 only with a component. */
const INSERT = `INSERT INTO busy.events (payload) SELECT REPEAT(SHA2(RAND(), 256), 15)
  FROM busy.digits AS a, busy.digits AS b, busy.digits AS c, busy.digits AS d`
