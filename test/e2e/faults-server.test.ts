import { postgresqlFaultStage } from '../conformance/faults/postgresql-stage.ts'
import { serverFaults } from '../conformance/faults/server.ts'
import { stoppingFaults } from '../conformance/faults/stopping.ts'
import { thorough } from '../support/environment.ts'
import { DEFAULT_VERSION, OLD_AND_NEW } from '../support/postgresql-versions.ts'

for (const version of OLD_AND_NEW) {
  const stage = postgresqlFaultStage(version)
  serverFaults(stage, { isNewest: version === DEFAULT_VERSION })
  if (thorough && version === DEFAULT_VERSION) stoppingFaults(stage)
}
