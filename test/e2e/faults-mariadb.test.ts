import { largeTransactionFaults } from '../conformance/faults/large-transaction.ts'
import { mysqlFaultStage } from '../conformance/faults/mysql-stage.ts'
import { networkFaults } from '../conformance/faults/network.ts'
import { ourProcessFaults, resumingFaults } from '../conformance/faults/our-process.ts'
import { serverFaults } from '../conformance/faults/server.ts'
import { stoppingFaults } from '../conformance/faults/stopping.ts'
import { thorough } from '../support/environment.ts'

const stage = mysqlFaultStage('mariadb-10.11', 22)
// What is the same on both products runs on MySQL in every run.
const all = { isNewest: thorough }

if (thorough) largeTransactionFaults(stage)
ourProcessFaults(stage)
serverFaults(stage, all)
networkFaults(stage, all)
if (thorough) stoppingFaults(stage)
if (thorough) resumingFaults(stage)
