import { clockFaults } from '../conformance/faults/clock.ts'
import { fullDiskFaults } from '../conformance/faults/full-disk.ts'
import { mysqlFaultStage } from '../conformance/faults/mysql-stage.ts'
import { storeFaults } from '../conformance/faults/store.ts'
import { storeOwnerFaults } from '../conformance/faults/store-owner.ts'
import { thorough } from '../support/environment.ts'

// What these faults meet is the same on both products, and the last two meet only the store, as on PostgreSQL.
for (const version of thorough ? (['mysql-9', 'mariadb-10.11'] as const) : (['mysql-9'] as const)) {
  const stage = mysqlFaultStage(version, 23)
  storeFaults(stage)
  clockFaults(stage)
  if (!thorough) continue
  fullDiskFaults(stage)
  storeOwnerFaults(stage)
}
