import { ourProcessFaults } from '../conformance/faults/our-process.ts'
import { postgresqlFaultStage } from '../conformance/faults/postgresql-stage.ts'
import { DEFAULT_VERSION, OLD_AND_NEW } from '../support/postgresql-versions.ts'

for (const version of OLD_AND_NEW)
  ourProcessFaults(postgresqlFaultStage(version), { isNewest: version === DEFAULT_VERSION })
