import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { cutLastEvent } from '../support/binlog-cut.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { logFiles } from '../support/mysql-purge.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { Reading, readingContext } from '../support/reading.ts'

const about = { tables: ['d.item'], heartbeat: { connector: { interval: '200ms' } } }

// MySQL removes what is incomplete when it starts again.
describe.each(BOTH_PRODUCTS.filter((version) => mysqlServerKind(version).product === 'mariadb'))('%s', (version) => {
  test.skipIf(mysqlMissing(version) !== null)(
    'what is in front of an event that the server was killed in is delivered, then comes the error of the server',
    async () => {
      await using server = await startMysql({ version })
      const config = mysqlSource(server, about)
      await server.query('', 'CREATE DATABASE d; CREATE TABLE d.item (id int PRIMARY KEY)')
      const first = new Reading(await openReader(config, readingContext), 'now', 'none')
      const offset = await first.firstOffset()
      await first[Symbol.asyncDispose]()
      for (const id of [1, 2, 3]) await server.query('d', `INSERT INTO item VALUES (${id})`)
      const file = join(server.dataDir, (await logFiles(server)).at(-1) ?? '')
      await server.kill()
      cutLastEvent(file, 15)
      await server.start()
      await using reading = new Reading(await openReader(config, readingContext), offset, 'none')
      const error = asOffbeatError(await reading.failure())
      expect(error).toMatchObject({ code: 'DATABASE_ERROR', details: { number: 1236 } })
      expect(error.found).toContain('truncated in the middle of event')
      expect(reading.commits).toHaveLength(2)
      expect(reading.ids.slice(0, 2)).toEqual([1, 2])
    },
  )
})
