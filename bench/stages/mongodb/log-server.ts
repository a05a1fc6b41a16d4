import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FakeMongodb, fakeMongodb } from '../../../test/support/mongodb-fake/fake-mongodb.ts'
import { readToken, tokenText } from '../../../test/support/mongodb-fake/key-string-token.ts'
import { streamOptions, timestampOf } from '../../../test/support/mongodb-fake/stream-options.ts'
import type { BsonDocument } from '../../../test/support/mongodb-fake/wire-message.ts'
import { PreparedLog } from './prepared-log.ts'
import { COLLECTION, DATABASE, type LogPlace } from './workload.ts'

/**
 * A separate process: the tests' fake of MongoDB, on loopback. It prints its URL. A line with a number on its standard input makes it serve
 * a prepared log of so many inserts from then on, whose beginning it prints. It ends with its standard input.
 */
const SECONDS = 1_800_000_000

interface Reading {
  next: number
}

const fake = await fakeMongodb({ seconds: SECONDS })
fake.data.create(`${DATABASE}.${COLLECTION}`)
process.stdout.write(`${fake.url()}\n`)
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(serve(fake, Number(line)))}\n`)
await fake[Symbol.asyncDispose]()

function serve(server: FakeMongodb, rows: number): LogPlace {
  const from = server.time + 1n
  const log = new PreparedLog(rows, from)
  server.oplog.advance(1)
  server.noop()
  const readings = new Map<bigint, Reading>()
  server.answer('aggregate', (command) => open(server, log, readings, command))
  server.answer('getMore', (command) => more(server, log, readings, command))
  const { t, i } = timestampOf(from)
  return { seconds: t, increment: i }
}

/** null: it is no change stream. */
function open(
  server: FakeMongodb,
  log: PreparedLog,
  readings: Map<bigint, Reading>,
  command: BsonDocument,
): BsonDocument | null {
  const options = streamOptions(command, server.wireVersion)
  if (options === null) return null
  const resumed = options.resume === null ? null : readToken(options.resume.token)
  const time = resumed?.time ?? options.startAt ?? 0n
  const next = log.indexAt(time) + (resumed?.isEvent === true ? 1 : 0)
  const id = BigInt(readings.size + 1) + (1n << 40n)
  readings.set(id, { next })
  const token = options.resume?.token ?? tokenText({ version: 2, time })
  return {
    cursor: { firstBatch: [], postBatchResumeToken: { _data: token }, id, ns: namespaceOf(command, 'aggregate') },
  }
}

async function more(
  server: FakeMongodb,
  log: PreparedLog,
  readings: ReadonlyMap<bigint, Reading>,
  command: BsonDocument,
): Promise<Buffer> {
  const id = BigInt(String(command['getMore']))
  const reading = readings.get(id) ?? { next: 0 }
  const start = reading.next
  const end = start + log.count(start, Number(command['batchSize'] ?? Number.POSITIVE_INFINITY))
  reading.next = end
  if (end === start) await sleep(Number(command['maxTimeMS'] ?? 0))
  const token = end === log.length ? tokenText({ version: 2, time: server.time }) : log.tokenOf(end - 1)
  const cursor = { postBatchResumeToken: { _data: token }, id, ns: namespaceOf(command, 'collection') }
  return log.reply(start, end, { cursor, rest: { ok: 1, operationTime: timestampOf(server.time) } })
}

function namespaceOf(command: BsonDocument, name: string): string {
  const collection = command[name]
  return `${String(command['$db'])}.${typeof collection === 'string' ? collection : '$cmd.aggregate'}`
}
