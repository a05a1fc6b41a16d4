import { type AuditedMysql, openAuditedMysql } from '../../support/audited-mysql.ts'
import { mysqlMissing, startMysql } from '../../support/mysql.ts'
import type { MysqlVersion } from '../../support/mysql-versions.ts'
import type { FaultStage, FaultyDatabase } from './stage.ts'

/** Each audited table is on a server of its own, whose log shows what was committed. */
export function mysqlFaultStage(version: MysqlVersion, seed: number): FaultStage {
  return {
    name: version,
    seed,
    missing: mysqlMissing(version),
    open: async () => faulty(await openAuditedMysql(await startMysql({ version }))),
    async openServer() {
      const audited = await openAuditedMysql(await startMysql({ version }))
      const { server } = audited
      return {
        ...faulty(audited),
        harms: { 'kill -9': () => server.kill(), 'a restart': () => server.stop() },
        stop: () => server.stop(),
        start: () => server.start(),
        commitNothing: async () => void (await server.query('', 'CREATE DATABASE nothing_in_it')),
      }
    },
  }
}

const AT_ONCE = 1000

/** One statement for each row: the rows of one statement would be one event. */
function faulty(audited: AuditedMysql): FaultyDatabase {
  return {
    ...audited,
    async insertMany(rows, bytes) {
      await using client = await audited.server.connect(audited.database)
      const one = `INSERT INTO entry (pad) VALUES (REPEAT('x', ${bytes}));`
      await client.query('BEGIN')
      for (let left = rows; left > 0; left -= AT_ONCE) await client.query(one.repeat(Math.min(left, AT_ONCE)))
      await client.query('COMMIT')
    },
  }
}
