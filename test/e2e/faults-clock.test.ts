import { clockFaults } from '../conformance/faults/clock.ts'
import { postgresqlFaultStage } from '../conformance/faults/postgresql-stage.ts'
import { DEFAULT_VERSION } from '../support/postgresql-versions.ts'

clockFaults(postgresqlFaultStage(DEFAULT_VERSION))
