import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { MysqlLog } from '../support/mysql-log.ts'
import { EVERY_MYSQL } from '../support/mysql-versions.ts'
import { writeSampledRows } from '../support/sampled-rows.ts'
import { zongjiRows } from '../support/zongji.ts'
import { compareWithZongji } from '../support/zongji-difference.ts'

/** Types that it reads into objects of its own, does not know, or whose text it decodes by tables that are not the server's. */
const NOT_COMPARED = /geometry|point|polygon|vector|character set (?!utf8|latin1)/u

/** The errors that it makes in these rows. */
const OF_BOTH = ['a value that the log left out is null', 'the empty value of an enum is undefined']
const KNOWN_OF = {
  mysql: [...OF_BOTH, 'a decimal in JSON is a string'],
  mariadb: [...OF_BOTH, 'a uuid or an address of MariaDB is its bytes'],
}

describe.each(EVERY_MYSQL)('zongji on %s', (version) => {
  test.skipIf(mysqlMissing(version) !== null)(
    'reads what we read, but for the errors that it is known for',
    async () => {
      await using server = await startMysql({ version, settings: { max_allowed_packet: '64M' } })
      const database = await server.createDatabase()
      await using log = await MysqlLog.open(server, database)
      // It counts unused bits of a bitmap of columns, which MySQL sets, and so reads rows without some of the columns from a wrong position.
      const path = await writeSampledRows(server, log, { seed: 5, without: NOT_COMPARED, inEights: true })
      await log.newFile()
      const changes = (await log.eventsIn(path)).filter((event) => event.type === 'change')
      const rows = await zongjiRows(server, database, basename(path))
      expect(rows.length).toBeGreaterThan(60)
      expect(changes).toHaveLength(rows.length)
      const { wrong, known } = compareWithZongji(changes, rows)
      expect(wrong.slice(0, 40)).toEqual([])
      expect(known).toEqual(new Set(KNOWN_OF[server.product]))
      if (server.product === 'mariadb') return

      // Of a packed transaction it has no rows, only an error that does not stop it.
      await log.session.query('CREATE TABLE packed (id int PRIMARY KEY)')
      const packed = await log.newFile()
      await log.session.query('SET SESSION binlog_transaction_compression = ON; INSERT INTO packed VALUES (1), (2)')
      await log.newFile()
      expect((await log.eventsIn(packed)).filter(({ type }) => type === 'change')).toHaveLength(2)
      await expect(zongjiRows(server, database, basename(packed))).rejects.toThrow(
        'cannot decode compressed transactions',
      )
    },
  )
})
