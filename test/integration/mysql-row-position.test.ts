import { describe, expect, test } from 'vitest'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { MysqlLog } from '../support/mysql-log.ts'
import { EVERY_MYSQL_LOG } from '../support/mysql-versions.ts'

describe.each(EVERY_MYSQL_LOG)('%s', (version) => {
  test.skipIf(mysqlMissing(version) !== null)(
    'every row has a position of its own, after those before it',
    async () => {
      await using server = await startMysql({ version })
      const database = await server.createDatabase()
      await using log = await MysqlLog.open(server, database)
      await log.session.query('CREATE TABLE t (id int PRIMARY KEY, v varchar(3000)); CREATE TABLE u LIKE t')
      const path = await log.newFile()
      const rows = Array.from({ length: 12 }, (_, i) => `(${i}, REPEAT('v', 3000))`).join(', ')
      await log.session.query(
        `BEGIN; INSERT INTO t VALUES ${rows}; INSERT INTO u VALUES (1, ''), (2, ''); DELETE FROM u; COMMIT`,
      )
      await log.newFile()
      const events = await log.eventsIn(path, { isWatched: (db) => db === database })
      const positions = events.flatMap((event) =>
        event.type === 'change' ? [event.position.slice(2).map(Number)] : [],
      )
      expect(positions).toHaveLength(16)
      const sorted = positions.toSorted(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d)
      expect(positions).toEqual(sorted)
      expect(new Set(positions.map(String)).size).toBe(16)
    },
  )
})
