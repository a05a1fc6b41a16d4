import { describe, expect, test } from 'vitest'
import { expectAllDelivered, readsFromNow } from '../support/audited.ts'
import { openAuditedMysql } from '../support/audited-mysql.ts'
import { startOffbeat } from '../support/child.ts'
import { proven } from '../support/fault.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'
import { SteadyWriters } from '../support/steady-writers.ts'
import { waitFor } from '../support/wait-for.ts'

describe.each(BOTH_PRODUCTS)('two processes with one server id, %s', (version) => {
  test.skipIf(mysqlMissing(version) !== null)(
    'promise 2: each says so and goes on in turn; with a server id of its own, both read; each store has everything once',
    async (context) => {
      await using audited = await openAuditedMysql(await startMysql({ version }))
      const cwd = audited.folder.path
      const second = audited.withStore('second.db')
      await using one = startOffbeat(['run'], { cwd })
      await readsFromNow(audited)
      audited.configure({ store: 'second.db' })
      await using two = startOffbeat(['run'], { cwd })
      await readsFromNow(second)
      {
        await using writers = new SteadyWriters(audited, { seed: 34 })
        await writers.more(20)
        await one.output(/"code":"MYSQL_SERVER_ID_IN_USE"/u)
        await two.output(/"code":"MYSQL_SERVER_ID_IN_USE"/u)
        await writers.more(20)
      }
      two.kill('SIGKILL')
      await two.ended
      audited.configure({ store: 'second.db', keys: { serverId: 77 } })
      await using apart = startOffbeat(['run'], { cwd })
      const { length } = await audited.committed()
      for (const each of [audited, second]) {
        await waitFor({ until: 'all is delivered' }, () => each.delivered().length >= length)
        await expectAllDelivered(each)
      }
      expect(apart.stderr()).not.toContain('MYSQL_SERVER_ID_IN_USE')
      proven(context, {
        fault: 'two processes with two stores and one server id',
        verdict: null,
        result: 'each reports it and continues in turn; each store has everything, nothing twice',
      })
    },
  )
})
