import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { MysqlConfig } from '../../src/sources/mysql/config.ts'
import { MARIADB, MYSQL } from '../../src/sources/mysql/definition.ts'
import { openProbe } from '../../src/sources/mysql/inspect/probe.ts'
import type { Probe, SourceDefinition } from '../../src/sources/source.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'
import { watchedMysql } from '../support/mysql-watched.ts'
import { openStore } from '../support/open-store.ts'
import { runOnce } from '../support/run-once.ts'
import { silentLog } from '../support/silent-log.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { waitFor } from '../support/wait-for.ts'

const INTERVAL_MS = 2000
const BEATS = 30

describe.each(EVERY_MYSQL)('%s', (version) => {
  test.skipIf(mysqlMissing(version) !== null)(
    'promise 8: on a server without any other change, each heartbeat of both layers comes when it is due',
    async () => {
      const { product } = mysqlServerKind(version)
      await using server = await startMysql({ version })
      await using database = await watchedMysql(server)
      const { user, password, name, heartbeatTable } = database
      const [schema = ''] = heartbeatTable.split('.')
      const config = mysqlSource(server, {
        user,
        password,
        tables: [`${name}.item`],
        heartbeat: { interval: `${INTERVAL_MS}ms`, source: { schema } },
      })
      using folder = temporaryFolder()
      const path = folder.file('offbeat.db')
      // Only the test moves this clock, so a busy machine cannot make a heartbeat late.
      const clock = new VirtualClock(Date.now())
      await using store = await openStore(path, { clock })
      const stop = new AbortController()
      // A beat can be stored before its writer has its answer. Only then does the writer sleep, so the clock may move no earlier.
      let answered = 0
      const definition = withAnswers(product === 'mysql' ? MYSQL : MARIADB, () => answered++)
      const source = { definition, config }
      const run = runOnce({ source, store, log: silentLog, clock, signal: stop.signal })
      const stored = async () =>
        (await store.journal.history.pulses('shop', 0)).filter(({ storedAtMs }) => storedAtMs !== null).length
      try {
        for (let beats = 1; beats <= BEATS; beats++) {
          await waitFor(
            { until: `beat ${beats} came back` },
            async () => (await stored()) === beats && answered === beats,
          )
          if (beats < BEATS) clock.advance(INTERVAL_MS)
        }
        const pulses = await store.journal.history.pulses('shop', 0)
        expect(pulses.filter(({ failedCode }) => failedCode !== null)).toEqual([])
      } finally {
        stop.abort()
        await run
      }
      // In the same minute.
      using db = new DatabaseSync(path, { readOnly: true })
      const rows = db.prepare("SELECT seq FROM message WHERE topic = '__offbeat_heartbeat'").all()
      expect(rows.length).toBeGreaterThanOrEqual(28)
    },
  )
})

/** Calls `answered` when the database has answered a beat. */
function withAnswers(definition: SourceDefinition<MysqlConfig>, answered: () => void): SourceDefinition<MysqlConfig> {
  return {
    ...definition,
    probe: async (...args) => {
      const probe = await openProbe(...args)
      const beat: Probe['beat'] = async (nonce, signal) => {
        try {
          return (await probe.beat?.(nonce, signal)) ?? { reached: null }
        } finally {
          answered()
        }
      }
      return { ...probe, beat }
    },
  }
}
