import { largeTransactionFaults } from '../conformance/faults/large-transaction.ts'
import { ourProcessFaults, resumingFaults } from '../conformance/faults/our-process.ts'
import { postgresqlFaultStage } from '../conformance/faults/postgresql-stage.ts'
import { thorough } from '../support/environment.ts'
import { DEFAULT_VERSION, OLD_AND_NEW } from '../support/postgresql-versions.ts'

for (const version of OLD_AND_NEW) {
  const stage = postgresqlFaultStage(version)
  if (version === DEFAULT_VERSION) largeTransactionFaults(stage)
  ourProcessFaults(stage)
  if (thorough && version === DEFAULT_VERSION) resumingFaults(stage)
}
