import { describe, expect, test } from 'vitest'
import { environment, soaking } from '../support/environment.ts'
import { PgoutputLog } from '../support/pgoutput-log.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { TableTrial } from '../support/table-trial.ts'

/** A failure names the seed of its table; with it in OFFBEAT_SEED that one alone is tried. */
const REPLAYED = environment['OFFBEAT_SEED']
/** The same tables each time, but for a soak. */
const FIRST_SEED = Number(REPLAYED ?? (soaking ? Date.now() % 1_000_000_000 : 1))
const PER_VERSION = soaking ? 34_000 : 100
const TRIALS = REPLAYED === undefined ? PER_VERSION : 1
const PER_DATABASE = 500

describe.each([14, 15, 18] as const)('applied in order to an empty table, PostgreSQL %i', (version) => {
  test.skipIf(postgresqlMissing(version) !== null)('the messages of any table give the table', async () => {
    let doubtful = 0
    for (let from = 0; from < TRIALS; from += PER_DATABASE) {
      await using log = await PgoutputLog.open(await sharedPostgresql(version), {
        publication: 'CREATE PUBLICATION pub',
      })
      for (let i = from; i < Math.min(TRIALS, from + PER_DATABASE); i++) {
        const seed = FIRST_SEED + i
        const verdict = await new TableTrial(log, version, i, seed).run()
        expect(verdict.problems, `OFFBEAT_SEED=${seed} on PostgreSQL ${version}`).toEqual([])
        if (verdict.doubtful) doubtful++
      }
    }
    expect(doubtful).toBeLessThan(Math.max(2, TRIALS / 3))
  })
})
