import { MONGODB_FAULT_STAGE } from '../conformance/faults/mongodb-stage.ts'
import { networkFaults } from '../conformance/faults/network.ts'
import { ourProcessFaults } from '../conformance/faults/our-process.ts'
import { serverFaults } from '../conformance/faults/server.ts'
import { thorough } from '../support/environment.ts'

// A transaction of MongoDB is one entry of at most 16 MB, so none is larger than a batch.
ourProcessFaults(MONGODB_FAULT_STAGE, { isNewest: false })
serverFaults(MONGODB_FAULT_STAGE, { isNewest: true })
networkFaults(MONGODB_FAULT_STAGE, { isNewest: thorough })
