import { largeTransactionFaults } from '../conformance/faults/large-transaction.ts'
import { mysqlFaultStage } from '../conformance/faults/mysql-stage.ts'
import { networkFaults } from '../conformance/faults/network.ts'
import { ourProcessFaults, resumingFaults } from '../conformance/faults/our-process.ts'
import { serverFaults } from '../conformance/faults/server.ts'
import { stoppingFaults } from '../conformance/faults/stopping.ts'
import { thorough } from '../support/environment.ts'

const stage = mysqlFaultStage('mysql-9', 21)

largeTransactionFaults(stage)
ourProcessFaults(stage)
serverFaults(stage, { isNewest: true })
networkFaults(stage, { isNewest: true })
if (thorough) stoppingFaults(stage)
if (thorough) resumingFaults(stage)
