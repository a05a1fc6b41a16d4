import { largeTransactionFaults } from '../conformance/faults/large-transaction.ts'
import { MONGODB_FAULT_STAGE } from '../conformance/faults/mongodb-stage.ts'
import { networkFaults } from '../conformance/faults/network.ts'
import { ourProcessFaults, resumingFaults } from '../conformance/faults/our-process.ts'
import { serverFaults } from '../conformance/faults/server.ts'
import { stoppingFaults } from '../conformance/faults/stopping.ts'
import { thorough } from '../support/environment.ts'

// What is the same for every kind runs on PostgreSQL and MySQL in every run.
const all = { isNewest: thorough }

if (thorough) largeTransactionFaults(MONGODB_FAULT_STAGE)
ourProcessFaults(MONGODB_FAULT_STAGE)
serverFaults(MONGODB_FAULT_STAGE, all)
networkFaults(MONGODB_FAULT_STAGE, all)
stoppingFaults(MONGODB_FAULT_STAGE)
if (thorough) resumingFaults(MONGODB_FAULT_STAGE)
