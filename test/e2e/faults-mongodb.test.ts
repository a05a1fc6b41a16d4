import { MONGODB_FAULT_STAGE } from '../conformance/faults/mongodb-stage.ts'
import { networkFaults } from '../conformance/faults/network.ts'
import { ourProcessFaults } from '../conformance/faults/our-process.ts'
import { serverFaults } from '../conformance/faults/server.ts'
import { soaking, thorough } from '../support/environment.ts'

// What is the same for every kind runs on PostgreSQL and MySQL in every run.
const all = { isNewest: thorough }

// Not in a large transaction: with 30,000 documents on SecantusDB no part of it was in the store after three minutes.
ourProcessFaults(MONGODB_FAULT_STAGE)
// While the server is away, the driver can keep a process that was asked to stop alive for more than half a minute.
if (soaking) serverFaults(MONGODB_FAULT_STAGE, all)
networkFaults(MONGODB_FAULT_STAGE, all)
