import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { startChild } from '../support/child.ts'
import { soaking, thorough } from '../support/environment.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { openPreparedShop, type PreparedMysqlShop } from '../support/mysql-prepared-shop.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const MIB = 1024 * 1024
const TRANSACTION_MIB = soaking ? 2048 : 128
/** It needs some 200 MiB for a transaction of any size. If it held this one, it would need as much again. */
const MOST_MEMORY_MIB = 300
const HEAP_MIB = 64
/** A character that JSON writes with six. */
const CONTROL_BYTES = 170_000_000

/** The most memory that the process has had so far. 0: it has ended. */
function peakMib(pid: number): number {
  try {
    const [, kib = '0'] = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kib) / 1024
  } catch {
    return 0
  }
}

function storedBytes({ folder, topic }: PreparedMysqlShop): number {
  using db = new DatabaseSync(folder.file('offbeat.db'), { readOnly: true, timeout: 5000 })
  const row = db.prepare('SELECT sum(length(body)) AS bytes FROM chunk WHERE topic = ?').get(topic)
  return Number(row?.['bytes'])
}

describe.each(BOTH_PRODUCTS)('large values, %s', (version) => {
  // Writing and reading so much takes long.
  const skipped = mysqlMissing(version) !== null || !thorough

  test.skipIf(skipped)('a transaction that is larger than the memory of the process passes through it', async () => {
    await using server = await startMysql({ version, settings: { max_allowed_packet: '64M' } })
    await using shop = await openPreparedShop(server)
    await shop.query('ALTER TABLE item MODIFY note longtext CHARACTER SET latin1')
    await shop.runToHead()
    const rows = `(REPEAT('x', ${MIB})), (REPEAT('y', ${MIB})), (REPEAT('z', ${MIB})), (REPEAT('w', ${MIB}))`
    await shop.query(
      `ALTER TABLE item MODIFY id int AUTO_INCREMENT; BEGIN; ${`INSERT INTO item (note) VALUES ${rows};`.repeat(TRANSACTION_MIB / 4)} COMMIT`,
    )
    const args = [`--max-old-space-size=${HEAP_MIB}`, MAIN, 'run', '--until', 'head', '--quiet']
    await using run = startChild(process.execPath, args, { cwd: shop.folder.path })
    let hasEnded = false
    const ended = run.ended.finally(() => {
      hasEnded = true
    })
    let peak = 0
    await waitFor({ until: 'the process has ended', everyMs: 50 }, () => {
      peak = Math.max(peak, peakMib(run.pid))
      return hasEnded
    })
    const { code, stderr } = await ended
    expect(code, stderr).toBe(0)
    expect(storedBytes(shop)).toBeGreaterThan(TRANSACTION_MIB * MIB)
    expect(peak).toBeGreaterThan(HEAP_MIB)
    expect(peak).toBeLessThan(MOST_MEMORY_MIB)
  })

  test.skipIf(skipped)(
    'promise 2: a message that the sink cannot take is named with its column, and skipped alone when asked',
    async () => {
      await using server = await startMysql({ version, settings: { max_allowed_packet: '1G' } })
      await using shop = await openPreparedShop(server)
      // InnoDB would need a log of ten times this size.
      await shop.query('DROP TABLE item; CREATE TABLE item (id int PRIMARY KEY, note longtext) ENGINE = MyISAM')
      await shop.runToHead()
      await shop.query(
        `INSERT INTO item VALUES (1, REPEAT(CHAR(1), ${CONTROL_BYTES})); INSERT INTO item VALUES (2, 'after')`,
      )
      const stopped = await shop.offbeat('run', '--until', 'head', '--quiet')
      expect(stopped.code, stopped.stderr).toBe(2)
      const text = stopped.stderr.replaceAll(/\s+/gu, ' ')
      expect(text).toContain(
        `cannot be delivered (${shop.name}.item): its message is larger than the sink sqlite can take`,
      )
      expect(text).toContain('in the column note of the new row, 170,000,000 bytes')
      const id = /offbeat offsets skip shop --transaction ([\w:-]+)/u.exec(text)?.[1] ?? ''
      const skip = await shop.offbeat('offsets', 'skip', 'shop', '--transaction', id, '--yes', '--save', 'raw.jsonl')
      expect(skip.code, skip.stderr).toBe(0)
      expect(skip.stderr.replaceAll(/\s+/gu, ' ')).toContain(`NEVER delivered: ${shop.name}.item c 1.`)
      await shop.runToHead()
      expect((await shop.messages()).map(({ key }) => key)).toEqual([{ id: 2 }])
    },
  )
})
