import type { MongoClient } from 'mongodb'
import { createLocalMongodb } from '../../../local-server/mongodb/local-mongodb.ts'
import { MONGODB_TITLES, type MongodbBinary } from '../../../local-server/mongodb/mongodb-binaries.ts'
import { timeInWords } from '../../../model/figures.ts'
import type { BusyDatabase, DemoPace, DemoStage, OpenStage, StageOptions, StageWords } from '../../stage.ts'
import { expiringLogWords } from '../expiring-log-words.ts'
import { DOCUMENT_BYTES, OplogMeter, oplogEnds } from './oplog-meter.ts'
import { prepareServer } from './prepared-server.ts'
import { stageState } from './stage-state.ts'

/** `retentionMs`: for how long the oplog has room at the pace of the busy collection. */
export interface MongodbPace extends DemoPace {
  readonly retentionMs: number
}

/** A heartbeat every two seconds is like one every minute, and the oplog has some seconds, not days. */
export const PACE: MongodbPace = {
  beatIntervalMs: 2000,
  settleIntervalMs: 3000,
  retentionMs: 12_000,
  bytesPerSecond: 400_000,
  atRiskMs: 5000,
  restart: { afterLostMs: 1500, downMs: 1500 },
}

/** What the servers need at the end of a demo of a minute, with a margin. */
const NEEDED_BYTES = 300 * 1024 ** 2

/** A server of the demo's own, on loopback, in a folder that is deleted with it. */
export function mongodbStage(pace: MongodbPace = PACE): OpenStage {
  return async ({ env, clock, log, signal, starting }: StageOptions): Promise<DemoStage> => {
    await using opening = new AsyncDisposableStack()
    const settings = { oplog: oplogOf(pace), durable: false }
    const server = opening.use(
      await createLocalMongodb({ env, label: 'demo', signal, auth: true, neededBytes: NEEDED_BYTES, settings }),
    )
    starting(titleOf(server.binary))
    await server.start()
    const { MongoClient } = await import('mongodb')
    const admin = new MongoClient(server.url(''))
    opening.defer(async () => await admin.close())
    const source = await prepareServer(server, admin, { source: 'shop', clock, log }, signal)
    const meter = new OplogMeter()
    const opened = opening.move()
    return {
      title: titleOf(server.binary),
      port: server.port,
      folder: server.folder,
      pace,
      words: wordsOf(pace),
      entry: () => source,
      inspect: async (offsets) => stageState(await oplogEnds(admin), meter, offsets),
      async insertRow() {
        await admin.db('shop').collection('orders').insertOne({ item: 'an order' })
      },
      // The server removes old entries itself, when it writes.
      settle: async () => undefined,
      busy: busyCollection(admin, meter),
      [Symbol.asyncDispose]: async () => await opened.disposeAsync(),
    }
  }
}

function oplogOf({ bytesPerSecond, retentionMs }: MongodbPace) {
  const bytes = (bytesPerSecond * retentionMs) / 1000
  return { megabytes: Math.ceil(bytes / 1024 ** 2), entries: Math.ceil(bytes / DOCUMENT_BYTES) }
}

function busyCollection(admin: MongoClient, meter: OplogMeter): BusyDatabase {
  const busy = admin.db('busy').collection('events')
  return {
    writtenBytes: async () => meter.writtenBytes,
    async insertRows(count) {
      const payload = 'x'.repeat(DOCUMENT_BYTES)
      await busy.insertMany(Array.from({ length: count }, () => ({ payload })))
      meter.wrote(count, { t: Math.floor(Date.now() / 1000) })
    },
    async empty() {
      await busy.drop()
    },
  }
}

function titleOf({ product, version }: MongodbBinary): string {
  const title = `${MONGODB_TITLES[product]} ${version}`
  return product === 'mongod' ? title : `${title}, which speaks MongoDB's protocol: no mongod was found`
}

function wordsOf({ retentionMs }: MongodbPace): StageWords {
  return expiringLogWords({
    reader: { guarded: 'its token', unguarded: 'its token' },
    retentionMs,
    removed: 'removed',
    rules: `The oplog has room for about ${timeInWords(retentionMs)} of these writes`,
  })
}
