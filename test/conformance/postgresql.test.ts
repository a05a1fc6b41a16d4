import { describe } from 'vitest'
import { postgresqlMissing } from '../support/postgresql.ts'
import { EVERY_VERSION } from '../support/postgresql-versions.ts'
import { postgresqlStage } from './postgresql-stage.ts'
import { sourceSuites } from './source-suites.ts'

for (const version of EVERY_VERSION) {
  describe.skipIf(postgresqlMissing(version) !== null)('PostgreSQL', () => sourceSuites(postgresqlStage(version)))
}
