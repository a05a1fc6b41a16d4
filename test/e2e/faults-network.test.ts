import { networkFaults } from '../conformance/faults/network.ts'
import { postgresqlFaultStage } from '../conformance/faults/postgresql-stage.ts'
import { DEFAULT_VERSION, versionsOf } from '../support/postgresql-versions.ts'

for (const version of versionsOf([18, 14]))
  networkFaults(postgresqlFaultStage(version), { isNewest: version === DEFAULT_VERSION })
