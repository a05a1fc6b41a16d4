import { describe } from 'vitest'
import { mysqlMissing } from '../support/mysql.ts'
import { EVERY_MYSQL } from '../support/mysql-versions.ts'
import { mysqlStage } from './mysql-stage.ts'
import { sourceSuites } from './source-suites.ts'

for (const version of EVERY_MYSQL) {
  describe.skipIf(mysqlMissing(version) !== null)(version, () => sourceSuites(mysqlStage(version)))
}
