import { describe, expect, test } from 'vitest'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { openPreparedShop } from '../support/mysql-prepared-shop.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'

/** MariaDB can be told to let commits wait for others. MySQL waits like this only where its disk is full. */
const VERSIONS = BOTH_PRODUCTS.filter((version) => version.startsWith('mariadb') && mysqlMissing(version) === null)

describe.skipIf(VERSIONS.length === 0)('a commit that does not end, as on a server whose disk is full', () => {
  test.each(VERSIONS)('%s: the heartbeat that waits for it is told from one that waits for a lock', async (version) => {
    const server = await startMysql({ version })
    await using shop = await openPreparedShop(server)
    await shop.query(`INSERT INTO ${shop.heartbeatTable} (id, text) VALUES (1, 'test_heartbeat')`)
    await shop.query('SET GLOBAL binlog_commit_wait_usec = 3600000000, GLOBAL binlog_commit_wait_count = 1000')
    try {
      const beat = await shop.offbeat('beat', 'shop')
      expect(beat.code).toBe(4)
      const text = beat.stderr.replaceAll(/\s+/gu, ' ')
      expect(text).toContain('a heartbeat does not end its commit (the state "Commit")')
      expect(text).toContain('whether the disk of the binary log is full')
      expect(text).not.toContain('who locks the row')
    } finally {
      // Nothing else ends such a commit.
      await server.kill()
      await server.start()
    }
    expect(await shop.offbeat('beat', 'shop')).toMatchObject({ code: 0 })
  })
})
