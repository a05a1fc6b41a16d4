import { startLocalMongodb } from '../../../local-server/mongodb/local-mongodb.ts'
import { MONGODB_TITLES, type MongodbBinary } from '../../../local-server/mongodb/mongodb-binaries.ts'
import { timeInWords } from '../../../model/figures.ts'
import type { DemoPace, DemoStage, StageOptions, StageWords } from '../../stage.ts'
import { expiringLogWords } from '../expiring-log-words.ts'
import { DOCUMENT_BYTES, OplogMeter, oplogEnds } from './oplog-meter.ts'
import { prepareServer } from './prepared-server.ts'
import { stageState } from './stage-state.ts'

/** A heartbeat every two seconds is like one every minute, and the oplog has some seconds, not days. */
const PACE: DemoPace & { readonly retentionMs: number } = {
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
export async function openStage({ env, clock, log, signal }: StageOptions): Promise<DemoStage> {
  await using opening = new AsyncDisposableStack()
  const bytes = (PACE.bytesPerSecond * PACE.retentionMs) / 1000
  const oplog = { megabytes: Math.ceil(bytes / 1024 ** 2), entries: Math.ceil(bytes / DOCUMENT_BYTES) }
  const server = opening.use(
    await startLocalMongodb({
      env,
      label: 'demo',
      signal,
      auth: true,
      neededBytes: NEEDED_BYTES,
      settings: { oplog },
    }),
  )
  const { MongoClient } = await import('mongodb')
  const admin = new MongoClient(server.url(''))
  opening.defer(async () => await admin.close())
  const source = await prepareServer(server, admin, { source: 'shop', clock, log }, signal)
  const meter = new OplogMeter()
  const busy = admin.db('busy').collection('events')
  const opened = opening.move()
  return {
    title: titleOf(server.binary),
    port: server.port,
    folder: server.folder,
    pace: PACE,
    words: WORDS,
    entry: () => source,
    inspect: async (offsets) => stageState(await oplogEnds(admin), meter, offsets),
    async insertRow() {
      await admin.db('shop').collection('orders').insertOne({ item: 'an order' })
    },
    // The server removes old entries itself, when it writes.
    settle: async () => undefined,
    busy: {
      writtenBytes: async () => meter.writtenBytes,
      async insertRows(count) {
        const payload = 'x'.repeat(DOCUMENT_BYTES)
        await busy.insertMany(Array.from({ length: count }, () => ({ payload })))
        meter.wrote(count, { t: Math.floor(Date.now() / 1000) })
      },
      async empty() {
        await busy.drop()
      },
    },
    [Symbol.asyncDispose]: async () => await opened.disposeAsync(),
  }
}

function titleOf({ product, version }: MongodbBinary): string {
  const title = `${MONGODB_TITLES[product]} ${version}`
  return product === 'mongod' ? title : `${title}, which speaks MongoDB's protocol: no mongod was found`
}

const WORDS: StageWords = expiringLogWords({
  reader: { guarded: 'its token', unguarded: 'its token' },
  retentionMs: PACE.retentionMs,
  removed: 'removed',
  rules: `The oplog has room for about ${timeInWords(PACE.retentionMs)} of these writes`,
})
