import { createHash } from 'node:crypto'
import pg from 'pg'
import { packageVersion } from '../../../src/cli/program/package-version.ts'
import type { LocalPostgresql } from '../../../src/local-server/postgresql/local-postgresql.ts'
import { SETTINGS_OF } from '../../../src/sources/postgresql/connect/session-settings.ts'
import { FIXED_NOW_MS } from '../../subject-options.ts'
import { DATABASE, PUBLICATION } from './workload.ts'

/**
 * Produces the same messages in a different way: it fetches the slot's changes with SQL, parses each value into a string, and encodes with
 * JSON.stringify. It is slow and simple on purpose, and only supports the benchmark's own table and inserts.
 */
export async function plainHash(
  server: LocalPostgresql,
  slot: string,
  position: string,
): Promise<{ sha256: string; messages: number }> {
  const client = new pg.Client(server.url(DATABASE))
  await client.connect()
  try {
    for (const [name, value] of Object.entries(SETTINGS_OF.log))
      await client.query('SELECT set_config($1, $2, false)', [name, value])
    await client.query('BEGIN')
    await client.query(
      `DECLARE log CURSOR FOR SELECT (lsn - '0/0'::pg_lsn)::text AS lsn, data
         FROM pg_logical_slot_peek_binary_changes('${slot}', NULL, NULL, 'proto_version', '1', 'publication_names', '${PUBLICATION}')`,
    )
    return await hashAll(client, new PlainEncoder(lsnOf(position)))
  } finally {
    await client.end()
  }
}

async function hashAll(client: pg.Client, encoder: PlainEncoder): Promise<{ sha256: string; messages: number }> {
  const hash = createHash('sha256')
  let messages = 0
  for (;;) {
    const { rows } = await client.query<{ lsn: string; data: Buffer }>('FETCH 20000 FROM log')
    if (rows.length === 0) return { sha256: hash.digest('hex'), messages }
    for (const { lsn, data } of rows) {
      const text = encoder.encode(lsn, data)
      if (text === null) continue
      hash.update(text)
      messages++
    }
  }
}

function lsnOf(position: string): bigint {
  const [high = '0', low = '0'] = position.split('/')
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}

/** PostgreSQL's epoch, 2000-01-01, in microseconds. */
const EPOCH_US = 946_684_800_000_000n

class PlainEncoder {
  #names: string[] = []
  #types: number[] = []
  #committedAtUs = 0n
  #xid = 0
  #endOfLast: bigint

  constructor(from: bigint) {
    this.#endOfLast = from
  }

  encode(lsn: string, data: Buffer): string | null {
    const kind = String.fromCharCode(data.readUInt8(0))
    if (kind === 'B') {
      this.#committedAtUs = EPOCH_US + data.readBigInt64BE(9)
      this.#xid = data.readUInt32BE(17)
    } else if (kind === 'C') this.#endOfLast = data.readBigUInt64BE(10)
    else if (kind === 'R') this.#relation(data)
    else if (kind === 'I') return this.#insert(lsn, data)
    return null
  }

  #relation(data: Buffer): void {
    const nameAt = data.indexOf(0, 5) + 1
    let at = data.indexOf(0, nameAt) + 2
    const count = data.readUInt16BE(at)
    at += 2
    this.#names = []
    this.#types = []
    for (let i = 0; i < count; i++) {
      const end = data.indexOf(0, at + 1)
      this.#names.push(data.toString('utf8', at + 1, end))
      this.#types.push(data.readUInt32BE(end + 1))
      at = end + 9
    }
  }

  #insert(lsn: string, data: Buffer): string {
    const fields: string[] = []
    let at = 8
    for (let i = 0; i < this.#names.length; i++) {
      const length = data.readUInt32BE(at + 1)
      const text = data.toString('utf8', at + 5, at + 5 + length)
      fields.push(`${JSON.stringify(this.#names[i])}:${valueJson(this.#types[i] ?? 0, text)}`)
      at += 5 + length
    }
    const times = (us: bigint) => `"ts_ms":${us / 1000n},"ts_us":${us},"ts_ns":${us * 1000n}`
    const sequence = JSON.stringify(JSON.stringify([String(this.#endOfLast), lsn]))
    const source =
      `{"version":${JSON.stringify(packageVersion())},"connector":"postgresql","name":"shop",${times(this.#committedAtUs)},` +
      `"snapshot":"false","db":"${DATABASE}","schema":"public","table":"orders","txId":${this.#xid},"sequence":${sequence},` +
      `"lsn":${lsn},"xmin":null}`
    const taken = times(BigInt(FIXED_NOW_MS) * 1000n)
    const value = `{"before":null,"after":{${fields.join(',')}},"source":${source},"transaction":null,"op":"c",${taken}}`
    return `{${fields[0]}}${value}`
  }
}

function valueJson(type: number, text: string): string {
  if (type === 16) return text === 't' ? 'true' : 'false'
  if (type === 20) return text
  if (type === 1184) return JSON.stringify(`${text.replace(' ', 'T').replace('+00', '')}Z`)
  return JSON.stringify(text)
}
