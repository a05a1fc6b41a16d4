import { describe, expect, test } from 'vitest'
import type { OpenStage } from '../../src/demo/stage.ts'
import { type MysqlPace, PACE } from '../../src/demo/stages/mysql/mysql-pace.ts'
import { mysqlStage } from '../../src/demo/stages/mysql/stage.ts'
import {
  demoCommandSuite,
  demoFiguresTest,
  demoFolders,
  demoRefusesVariable,
  demoStopsAtStart,
  expectExpiringStory,
} from '../support/demo-suite.ts'
import { mysqlMissing } from '../support/mysql.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'

/** The same story in a few seconds. */
const FAST: MysqlPace = {
  ...PACE,
  beatIntervalMs: 300,
  settleIntervalMs: 500,
  retentionMs: 3000,
  atRiskMs: 1500,
  restart: { afterLostMs: 0, downMs: 200 },
}

const folder = demoFolders()

describe.each(BOTH_PRODUCTS)('offbeat demo: %s', (version) => {
  const { product } = mysqlServerKind(version)
  const isAbsent = mysqlMissing(version) !== null

  test.skipIf(isAbsent)(
    'a guarded reader restarts where it was, and an unguarded one needs a purged file',
    async () => {
      const seen = await expectExpiringStory({
        kind: product,
        removed: 'purged',
        lostCode: 'MYSQL_LOG_PURGED',
        open: (states) =>
          settlingUntil(() => states.at(-1)?.unguarded.verdict?.name === 'lost', mysqlStage(product, FAST)),
      })
      const runways = seen.flatMap(({ unguarded }) => unguarded.runwaySeconds ?? [])
      // A busy machine can see the first one late.
      expect(runways[0]).toBeLessThanOrEqual(FAST.retentionMs / 1000)
      expect(Math.min(...runways)).toBe(0)
      expect(runways.at(-1)).toBe(0)
    },
  )

  demoStopsAtStart(product, folder, isAbsent)
})

/** Purges nothing after that, so that the guarded reader has all the time that a busy machine takes for its restart. */
function settlingUntil(isOver: () => boolean, open: OpenStage): OpenStage {
  return async (options) => {
    const stage = await open(options)
    return { ...stage, settle: async () => (isOver() ? undefined : await stage.settle()) }
  }
}

describe.skipIf(mysqlMissing('mariadb-10.11') !== null)('offbeat demo mariadb', () => {
  demoFiguresTest('mariadb', folder, /guarded: needs .* from binlog\.\d+, could be down for 12 s/u)
  demoCommandSuite('mariadb', folder, { summary: 'needs', title: 'MariaDB', starting: 'MariaDB' })
})

demoRefusesVariable('mysql', folder, 'MYSQLD_BINARY', 'MySQL')
