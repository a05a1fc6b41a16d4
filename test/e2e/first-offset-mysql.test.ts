import { describe, expect, test } from 'vitest'
import { readsFromNow } from '../support/audited.ts'
import { openAuditedMysql } from '../support/audited-mysql.ts'
import { startOffbeat } from '../support/child.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'
import { runOffbeat } from '../support/offbeat.ts'

describe.each(BOTH_PRODUCTS)('a first run that is killed before it has read anything, %s', (version) => {
  test.skipIf(mysqlMissing(version) !== null)(
    'promise 1: its position is stored without any heartbeat, with the columns of the tables: the next run delivers what was committed since',
    async () => {
      await using audited = await openAuditedMysql(await startMysql({ version }))
      audited.configure({ keys: { heartbeat: { connector: 'off', source: 'off' } } })
      const cwd = audited.folder.path
      await using running = startOffbeat(['run'], { cwd })
      await readsFromNow(audited)
      running.kill('SIGKILL')
      expect(await running.ended).toMatchObject({ signal: 'SIGKILL' })
      await audited.insert('a')
      await audited.server.query(audited.database, 'ALTER TABLE entry ADD more int FIRST')
      const { code, stderr } = await runOffbeat(['run', '--until', 'head'], { cwd })
      expect(code, stderr).toBe(0)
      expect(audited.changes().map(({ id, pad }) => [id, pad])).toEqual([['1', 'a']])
    },
  )
})
