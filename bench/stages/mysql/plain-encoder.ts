import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageVersion } from '../../../src/cli/program/package-version.ts'
import type { LocalMysql } from '../../../src/local-server/mysql/local-mysql.ts'
import { FIXED_NOW_MS } from '../../subject-options.ts'
import { DATABASE } from './workload.ts'

const HEADER_BYTES = 19
const CHECKSUM_BYTES = 4
const ROTATE = 4
const XID = 16
const WRITE_ROWS_V1 = 23
const WRITE_ROWS = 30
const GTID = 33
const MARIADB_GTID = 162

interface PlainEvent {
  readonly type: number
  readonly at: number
  readonly timestamp: number
  readonly serverId: number
  readonly body: Buffer
}

/**
 * Produces the same messages in a different way: it reads the log's file, parses each value into a string, and encodes with JSON.stringify.
 * It is slow and simple on purpose, and only supports the benchmark's own table and inserts.
 */
export async function plainHash(
  { dataDir, binary }: LocalMysql,
  file: string,
): Promise<{ sha256: string; messages: number }> {
  const hash = createHash('sha256')
  const encoder = new PlainEncoder(binary.product, file)
  let messages = 0
  for (const event of eventsOf(readFileSync(join(dataDir, file)))) {
    for (const text of encoder.encode(event)) {
      hash.update(text)
      messages++
    }
  }
  return { sha256: hash.digest('hex'), messages }
}

function* eventsOf(log: Buffer): Generator<PlainEvent> {
  for (let at = 4; at < log.length; ) {
    const size = log.readUInt32LE(at + 9)
    yield {
      type: log.readUInt8(at + 4),
      at,
      timestamp: log.readUInt32LE(at),
      serverId: log.readUInt32LE(at + 5),
      body: log.subarray(at + HEADER_BYTES, at + size - CHECKSUM_BYTES),
    }
    if (log.readUInt8(at + 4) === ROTATE) return
    at += size
  }
}

class PlainEncoder {
  readonly #product: string
  readonly #file: string
  #gtid = ''
  #last: string | null = null
  #committedAtUs = 0n

  constructor(product: string, file: string) {
    this.#product = product
    this.#file = file
  }

  encode(event: PlainEvent): readonly string[] {
    const { type, body } = event
    if (type === GTID) this.#begin(body)
    else if (type === MARIADB_GTID) {
      this.#gtid = `${body.readUInt32LE(8)}-${event.serverId}-${body.readBigUInt64LE(0)}`
      this.#committedAtUs = BigInt(event.timestamp) * 1_000_000n
    } else if (type === XID) this.#last = this.#gtid
    else if (type === WRITE_ROWS) return this.#rows(event, 8 + body.readUInt16LE(8))
    else if (type === WRITE_ROWS_V1) return this.#rows(event, 8)
    return []
  }

  #begin(body: Buffer): void {
    const uuid = body.toString('hex', 1, 17).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    this.#gtid = `${uuid}:${body.readBigInt64LE(17)}`
    // The highest bit of the seven bytes is a flag.
    this.#committedAtUs = body.readBigUInt64LE(42) & ((1n << 55n) - 1n)
  }

  /** `at`: where the number of columns is. Its bitmap takes one byte, and so does that of the NULL values in each row. */
  #rows({ body, at: offset }: PlainEvent, at: number): readonly string[] {
    const texts: string[] = []
    const row = new PlainRow(body, at + 2)
    while (row.at < body.length) texts.push(this.#message(row.next(), offset, texts.length))
    return texts
  }

  #message([id, ...others]: readonly string[], offset: number, row: number): string {
    const times = (us: bigint) => `"ts_ms":${us / 1000n},"ts_us":${us},"ts_ns":${us * 1000n}`
    const gtid = JSON.stringify(this.#gtid)
    const sequence = JSON.stringify(JSON.stringify([this.#last, this.#gtid]))
    const source =
      `{"version":${JSON.stringify(packageVersion())},"connector":"${this.#product}","name":"shop",${times(this.#committedAtUs)},` +
      `"snapshot":"false","db":"${DATABASE}","schema":null,"table":"orders","txId":${gtid},"sequence":${sequence},` +
      `"gtid":${gtid},"file":"${this.#file}","pos":${offset},"row":${row}}`
    const taken = times(BigInt(FIXED_NOW_MS) * 1000n)
    const after = [id, ...others].join(',')
    return `{${id}}{"before":null,"after":{${after}},"source":${source},"transaction":null,"op":"c",${taken}}`
  }
}

/** Parses rows of the benchmark's table. */
class PlainRow {
  at: number
  readonly #body: Buffer

  constructor(body: Buffer, at: number) {
    this.#body = body
    this.at = at
  }

  /** The fields as JSON. */
  next(): readonly string[] {
    if ((this.#take(1).readUInt8() & 0x3f) !== 0) throw new Error('a row with NULL values')
    return [
      `"id":${this.#take(8).readBigInt64LE()}`,
      `"customer":${this.#take(8).readBigInt64LE()}`,
      `"amount":${JSON.stringify(this.#decimal())}`,
      `"note":${JSON.stringify(this.#take(this.#take(2).readUInt16LE()).toString())}`,
      `"created":${JSON.stringify(this.#timestamp())}`,
      `"paid":${this.#take(1).readInt8()}`,
    ]
  }

  /** decimal(12,2) that is not negative: a digit in one byte, nine digits in four, and two in one. */
  #decimal(): string {
    const bytes = Buffer.from(this.#take(6))
    const whole = (bytes.readUInt8(0) - 0x80) * 1_000_000_000 + bytes.readUInt32BE(1)
    return `${whole}.${String(bytes.readUInt8(5)).padStart(2, '0')}`
  }

  #timestamp(): string {
    const bytes = this.#take(7)
    const seconds = new Date(bytes.readUInt32BE(0) * 1000).toISOString().slice(0, 19)
    return `${seconds}.${String(bytes.readUIntBE(4, 3)).padStart(6, '0')}Z`
  }

  #take(count: number): Buffer {
    this.at += count
    return this.#body.subarray(this.at - count, this.at)
  }
}
