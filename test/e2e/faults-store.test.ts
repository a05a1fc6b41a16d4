import { fullDiskFaults } from '../conformance/faults/full-disk.ts'
import { postgresqlFaultStage } from '../conformance/faults/postgresql-stage.ts'
import { storeFaults } from '../conformance/faults/store.ts'
import { DEFAULT_VERSION } from '../support/postgresql-versions.ts'

storeFaults(postgresqlFaultStage(DEFAULT_VERSION))
fullDiskFaults(postgresqlFaultStage(DEFAULT_VERSION))
