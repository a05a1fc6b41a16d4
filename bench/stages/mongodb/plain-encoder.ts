import { createHash } from 'node:crypto'
import { type Document, MongoClient, Timestamp } from 'mongodb'
import { packageVersion } from '../../../src/cli/program/package-version.ts'
import { FIXED_NOW_MS } from '../../subject-options.ts'
import type { ReadingOptions } from './workload.ts'
import { COLLECTION, DATABASE } from './workload.ts'

/**
 * Produces the same messages in a different way: it reads objects with the driver's own change stream, and encodes with JSON.stringify. It is
 * slow and simple on purpose, and only supports the benchmark's own collection and inserts.
 */
export async function plainHash({ url, from, rows }: ReadingOptions): Promise<{ sha256: string; messages: number }> {
  await using client = new MongoClient(url)
  const startAtOperationTime = new Timestamp({ t: from.seconds, i: from.increment })
  await using stream = client.db(DATABASE).collection(COLLECTION).watch([], { startAtOperationTime })
  const hash = createHash('sha256')
  let before: string | null = null
  for (let messages = 0; messages < rows; messages += 1) {
    const event: Document = await stream.next()
    hash.update(messageOf(event, before))
    before = timeOf(event)
  }
  return { sha256: hash.digest('hex'), messages: rows }
}

/** `before`: the time of the event before. */
function messageOf(event: Document, before: string | null): string {
  const ts = timeOf(event)
  const source = {
    version: packageVersion(),
    connector: 'mongodb',
    name: 'shop',
    ...timesOf(event['wallTime'].getTime()),
    snapshot: 'false',
    db: DATABASE,
    schema: null,
    table: COLLECTION,
    txId: null,
    sequence: JSON.stringify([before, ts]),
    ts,
    ord: 1,
  }
  const value = {
    before: null,
    after: documentText(event['fullDocument']),
    updateDescription: null,
    source,
    transaction: null,
    op: 'c',
    ...timesOf(FIXED_NOW_MS),
  }
  return `${JSON.stringify({ id: String(event['documentKey']._id) })}${textOf(value)}`
}

function timeOf(event: Document): string {
  const { t, i } = event['clusterTime']
  return `${t}.${i}`
}

/** Nanoseconds do not fit into a number, so they are a bigint, which `textOf` writes. */
function timesOf(ms: number): object {
  return { ts_ms: ms, ts_us: ms * 1_000, ts_ns: `${ms}000000n` }
}

function textOf(value: object): string {
  return JSON.stringify(value).replaceAll(/"(\d+)n"/g, '$1')
}

/** In the form that Debezium writes. */
function documentText({ _id, customer, amount, note, created, paid }: Document): string {
  const fields = [
    `"_id": ${_id}`,
    `"customer": ${customer}`,
    `"amount": {"$numberDecimal": "${amount}"}`,
    `"note": ${JSON.stringify(note)}`,
    `"created": {"$date": ${created.getTime()}}`,
    `"paid": ${paid}`,
  ]
  return `{${fields.join(',')}}`
}
