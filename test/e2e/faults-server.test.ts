import { postgresqlFaultStage } from '../conformance/faults/postgresql-stage.ts'
import { serverFaults } from '../conformance/faults/server.ts'
import { DEFAULT_VERSION, OLD_AND_NEW } from '../support/postgresql-versions.ts'

for (const version of OLD_AND_NEW)
  serverFaults(postgresqlFaultStage(version), { isNewest: version === DEFAULT_VERSION })
