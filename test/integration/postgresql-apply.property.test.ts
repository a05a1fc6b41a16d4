import { describe, expect, test } from 'vitest'
import { environment, soaking } from '../support/environment.ts'
import { PgoutputLog } from '../support/pgoutput-log.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { versionsOf } from '../support/postgresql-versions.ts'
import { TableBatch } from '../support/table-batch.ts'

/** A failure names the seed of its batch; with it in OFFBEAT_SEED that one alone is tried. */
const REPLAYED = environment['OFFBEAT_SEED']
/** The same tables each time, but for a soak. */
const FIRST_SEED = Number(REPLAYED ?? (soaking ? Date.now() % 1_000_000_000 : 1))
const TABLES_IN_BATCH = 25
const PER_VERSION = soaking ? 34_000 : 100
const BATCHES = REPLAYED === undefined ? PER_VERSION / TABLES_IN_BATCH : 1
/** What the server keeps of dropped tables makes its catalog slow. */
const PER_DATABASE = 20

describe.each(versionsOf([14, 15, 18]))('applied in order to an empty table, PostgreSQL %i', (version) => {
  test.skipIf(postgresqlMissing(version) !== null)(
    'the messages of any table give the table',
    { concurrent: true, timeout: soaking ? 10_800_000 : 300_000 },
    async () => {
      let doubtful = 0
      for (let from = 0; from < BATCHES; from += PER_DATABASE) {
        await using log = await PgoutputLog.open(await sharedPostgresql(version), {
          publication: 'CREATE PUBLICATION pub',
        })
        for (let i = from; i < Math.min(BATCHES, from + PER_DATABASE); i++) {
          const seed = FIRST_SEED + i
          const verdict = await new TableBatch(log, { version, seed, size: TABLES_IN_BATCH }).run()
          expect(verdict.problems, `OFFBEAT_SEED=${seed} on PostgreSQL ${version}`).toEqual([])
          doubtful += verdict.doubtful
        }
      }
      expect(doubtful).toBeLessThan((BATCHES * TABLES_IN_BATCH) / 3)
    },
  )
})
