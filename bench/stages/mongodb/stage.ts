import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { measuredRun } from '../../measured-run.ts'
import type { BenchServer, BenchStage, LogStart, Peer, RowWriter, SourceEntry } from '../../stage.ts'
import { startLogProcess } from './log-process.ts'
import { plainHash } from './plain-encoder.ts'
import { COLLECTION, DATABASE, type LogPlace, type ReadingOptions } from './workload.ts'

const ROWS = 500_000
const SUBJECTS = {
  'raw getMore': fileURLToPath(new URL('./raw-subject.ts', import.meta.url)),
  'the driver': fileURLToPath(new URL('./driver-subject.ts', import.meta.url)),
}

/** The server is the tests' fake, because no mongod can be had and SecantusDB sends only some thousand events a second. */
export const mongodbStage: BenchStage = {
  kind: 'mongodb',
  throughput: [{ name: 'batched', rows: ROWS, rowsPerTransaction: 1 }],
  own: new Map(),
  start: startBenchServer,
}

async function startBenchServer(): Promise<BenchServer> {
  const server = await startLogProcess()
  const client = new MongoClient(server.url)
  let beginning: LogPlace = { seconds: 1, increment: 1 }
  let rowsWritten = 0
  const reading = (): ReadingOptions => ({ url: server.url, from: beginning, rows: rowsWritten })
  return {
    peers: Object.entries(SUBJECTS).map(([name, program]) => peerOf(name, program, reading)),
    async write(rows) {
      beginning = await server.prepare(rows)
      rowsWritten = rows
    },
    async startOf(name, at) {
      return logStart(server.url, name, at === 'beginning' ? beginning : await endOfLog(client))
    },
    plainHash: () => plainHash(reading()),
    async streaming() {
      while (!(await isStreaming(client))) await sleep(5)
    },
    writer: () => Promise.resolve(openWriter(server.url)),
    async idleSources(count, round) {
      const entries: SourceEntry[] = []
      for (let i = 0; i < count; i++) {
        const schema = `idle_${count}_${round}_${i}`
        await client.db(schema).collection<{ _id: number }>('streamkap_heartbeat').insertOne({ _id: 1 })
        entries.push({ ...entryOf(server.url), heartbeat: { source: { mode: 'table', schema } } })
      }
      return entries
    },
    async [Symbol.asyncDispose]() {
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

function peerOf(name: string, program: string, reading: () => ReadingOptions): Peer {
  return { name, run: () => measuredRun(process.execPath, [program, JSON.stringify(reading())], process.env) }
}

function logStart(url: string, name: string, { seconds, increment }: LogPlace): LogStart {
  // The server keeps nothing for its readers.
  const position = `${seconds}.${increment}`
  return { name, entry: entryOf(url), position, [Symbol.asyncDispose]: () => Promise.resolve() }
}

function entryOf(url: string): SourceEntry {
  return { kind: 'mongodb', url, tables: [`${DATABASE}.${COLLECTION}`] }
}

/** After the newest operation. */
async function endOfLog(client: MongoClient): Promise<LogPlace> {
  const { lastWrite } = await client.db('admin').command({ hello: 1 })
  const { t, i } = lastWrite.opTime.ts
  return { seconds: t, increment: i + 1 }
}

/** The fake counts its cursors in the reply. */
async function isStreaming(client: MongoClient): Promise<boolean> {
  const { metrics } = await client.db('admin').command({ serverStatus: 1 })
  return metrics.cursor.open.total > 0
}

function openWriter(url: string): RowWriter {
  const client = new MongoClient(url)
  const orders = client.db(DATABASE).collection<{ readonly _id: number; readonly [field: string]: unknown }>(COLLECTION)
  return {
    async insert(_id) {
      const note = 'a note of about forty-five characters, 12345'
      const created = new Date(performance.timeOrigin + performance.now()).toISOString()
      await orders.insertOne({ _id, customer: 1, amount: 1.25, note, created, paid: true })
    },
    [Symbol.asyncDispose]: () => client.close(),
  }
}
