import { constants } from 'node:buffer'
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { STORE_MESSAGE_LIMIT } from '../../src/sqlite/schema.ts'
import { offsetAt } from '../conformance/sample-batch.ts'
import { startChild } from '../support/child.ts'
import { soaking, thorough } from '../support/environment.ts'
import { proven } from '../support/fault.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { openStore } from '../support/open-store.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const STRING_BYTES = constants.MAX_STRING_LENGTH

/** 256 MiB: as hexadecimal digits more than a string of JavaScript holds. */
const BYTEA_BYTES = 268_436_000
/** As base64, in quotes. */
const BASE64_BYTES = Math.ceil(BYTEA_BYTES / 3) * 4
/** A character that JSON writes with six. */
const CONTROL_BYTES = 170_000_000
const TIMEOUT_MS = 300_000

/** In SQL: repeating one character takes the server much longer. */
const repeated = (character: string, count: number) => `repeat(repeat(E'${character}', 1000), ${count / 1000})`

const offbeat = (shop: Shop, ...args: string[]) => runOffbeat(args, { cwd: shop.folder.path })
const untilHead = (shop: Shop) => offbeat(shop, 'run', '--until', 'head', '--quiet')

async function openFiles(server: PostgresServer): Promise<Shop> {
  const shop = await openShop(server)
  await shop.sql('CREATE TABLE files (id int PRIMARY KEY, body bytea, note text)')
  const { code, stderr } = await untilHead(shop)
  expect(code, stderr).toBe(0)
  return shop
}

/** Of each message of `files`: its size, its beginning and its end. */
function storedFiles(shop: Shop): readonly { bytes: number; head: string; tail: string }[] {
  using db = new DatabaseSync(shop.folder.file('offbeat.db'), { readOnly: true, timeout: 5000 })
  const part = (sql: string) => `cast(${sql} as text)`
  return db
    .prepare(
      `SELECT length(body) AS bytes, ${part('substr(body, 1, 60)')} AS head, ${part('substr(body, -300)')} AS tail
       FROM chunk WHERE topic = 'shop.public.files' ORDER BY first_seq`,
    )
    .all()
    .map(({ bytes, head, tail }) => ({ bytes: Number(bytes), head: String(head), tail: String(tail) }))
}

/** The last line of a file that is larger than a string can be. */
function endOf(path: string): { readonly last: string; readonly bytes: number } {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const buffer = Buffer.alloc(4096)
    const end = buffer.toString('utf8', 0, readSync(file, buffer, 0, 4096, Math.max(0, size - 4096)))
    return { last: end.trimEnd().split('\n').at(-1) ?? '', bytes: size }
  } finally {
    closeSync(file)
  }
}

/** Runs the skip that `text` prints; gives the end of what it saved. */
async function skipNamed(shop: Shop, text: string, change: string): Promise<ReturnType<typeof endOf>> {
  const id = /offbeat offsets skip shop --transaction (\d+)/u.exec(text)?.[1] ?? ''
  const skip = await offbeat(shop, 'offsets', 'skip', 'shop', '--transaction', id, '--yes', '--save', 'raw.jsonl')
  expect(skip.code, skip.stderr).toBe(0)
  expect(skip.stderr.replaceAll(/\s+/gu, ' ')).toContain(change)
  return endOf(shop.folder.file('raw.jsonl'))
}

test.runIf(thorough)(
  'a message that is larger than a string of JavaScript is stored, and printed by tail',
  async () => {
    using folder = temporaryFolder()
    const url = 'postgresql://offbeat@127.0.0.1:1/shop'
    writeFileSync(
      folder.file('offbeat.yaml'),
      `sources: { shop: { kind: postgresql, url: '${url}' } }\nsink: { kind: sqlite, path: offbeat.db }\n`,
    )
    const bytes = Buffer.allocUnsafeSlow(soaking ? STORE_MESSAGE_LIMIT.bytes : STRING_BYTES + 1).fill('7')
    bytes.write('{"id":1}')
    const hash = createHash('sha256')
      .update('{"topic":"shop.public.files","key":{"id":1},"value":')
      .update(bytes.subarray(8))
    const expected = hash.update(',"ts_ms":1,"position":"0/10"}\n').digest('hex')
    {
      await using store = await openStore(folder.file('offbeat.db'))
      await using lane = await store.sink().claim('shop', new AbortController().signal)
      const message = { topic: 'shop.public.files', bytes, keyAt: 0, valueAt: 8, end: bytes.length, tsMs: 1 }
      await lane.write({ messages: [message], offset: offsetAt('0/10') }, new AbortController().signal)
    }
    const command = '"$0" "$@" | sha256sum'
    const args = ['-c', command, process.execPath, MAIN, 'tail', 'shop', '--limit', '1', '--json']
    await using tail = startChild('sh', args, { cwd: folder.path })
    const { stdout, stderr } = await tail.ended
    expect(stdout, stderr).toBe(`${expected}  -\n`)
  },
  TIMEOUT_MS,
)

const versions = describe.skipIf(postgresqlMissing(14) !== null).each(OLD_AND_NEW)

versions('large values, PostgreSQL %d', (version) => {
  test(
    'promise 2: a bytea of 256 MiB is delivered; a message that the sink cannot take is named, and skipped alone when asked',
    async (context) => {
      // Its own: the slots of other tests would wait for the transactions that take so long.
      await using server = await startPostgresql({ version })
      await using shop = await openFiles(server)
      await shop.sql(`INSERT INTO files VALUES (1, convert_to(${repeated('x', BYTEA_BYTES)}, 'UTF8'))`)
      await shop.sql(`INSERT INTO files VALUES (2, NULL, ${repeated('\\x01', CONTROL_BYTES)})`)
      await shop.sql("INSERT INTO files VALUES (3, NULL, 'after')")

      const stopped = await untilHead(shop)
      expect(stopped.code, stopped.stderr).toBe(2)
      const text = stopped.stderr.replaceAll(/\s+/gu, ' ')
      expect(text).toContain('MESSAGE_TOO_LARGE')
      expect(text).toContain('cannot be delivered (public.files): its message is larger than the sink sqlite can take')
      expect(text).toContain('in the column note of the new row, 170,000,000 bytes')
      expect(text).toContain('at most 999,990,000 bytes')
      const [delivered, ...others] = storedFiles(shop)
      expect(others).toEqual([])
      expect(delivered?.head).toMatch(/^\{"id":1\}\{"before":null,"after":\{"id":1,"body":"eHh4/u)
      expect(delivered?.tail).toContain('"op":"c"')
      expect(delivered?.bytes).toBeGreaterThan(BASE64_BYTES)

      const saved = await skipNamed(shop, text, 'public.files c 1.')
      expect(JSON.parse(saved.last)).toMatchObject({
        error: 'MESSAGE_TOO_LARGE',
        whole: true,
        table: 'public.files',
        column: 'note',
        valueBytes: CONTROL_BYTES,
      })
      expect(saved.bytes).toBeGreaterThan((CONTROL_BYTES / 3) * 4)

      const run = await untilHead(shop)
      expect(run.code, run.stderr).toBe(0)
      expect(storedFiles(shop).map(({ head }) => head.slice(0, 8))).toEqual(['{"id":1}', '{"id":3}'])
      proven(context, {
        fault: 'a row whose message is larger than the sink can take',
        verdict: null,
        result:
          'the connector stops at its transaction, with table, column and size; only this one is skipped on request, its bytes saved first; everything else is delivered once',
      })
    },
    TIMEOUT_MS,
  )

  // It takes the server a gigabyte of memory and more.
  test.runIf(soaking)(
    'promise 2: a bytea of 512 MiB, which the server cannot send: its transaction is named, and skipped alone when asked',
    { timeout: TIMEOUT_MS },
    async () => {
      // Its own: the slots of other tests would wait for the transactions that take so long.
      await using server = await startPostgresql({ version })
      await using shop = await openFiles(server)
      await shop.sql("INSERT INTO files VALUES (1, NULL, 'before')")
      await shop.sql(
        `BEGIN; INSERT INTO files VALUES (2); INSERT INTO files VALUES (3, convert_to(repeat('x', 536870912), 'UTF8')); INSERT INTO files VALUES (4); COMMIT`,
      )
      await shop.sql("INSERT INTO files VALUES (5, NULL, 'after')")

      const stopped = await untilHead(shop)
      expect(stopped.code, stopped.stderr).toBe(2)
      const text = stopped.stderr.replaceAll(/\s+/gu, ' ')
      expect(text).toContain('POSTGRES_ROW_TOO_LARGE')
      expect(text).toContain('cannot be sent (public.files): a row in the log is larger than PostgreSQL can send')
      expect(storedFiles(shop).map(({ head }) => head.slice(0, 8))).toEqual(['{"id":1}'])

      const saved = await skipNamed(shop, text, 'public.files c 3.')
      expect(JSON.parse(saved.last)).toMatchObject({
        error: 'POSTGRES_ROW_TOO_LARGE',
        whole: true,
        table: 'public.files',
      })
      expect(saved.bytes).toBeGreaterThan(BYTEA_BYTES)

      const run = await untilHead(shop)
      expect(run.code, run.stderr).toBe(0)
      expect(storedFiles(shop).map(({ head }) => head.slice(0, 8))).toEqual(['{"id":1}', '{"id":5}'])
    },
  )
})
