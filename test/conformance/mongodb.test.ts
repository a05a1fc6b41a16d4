import { describe } from 'vitest'
import { mongodbMissing } from '../support/mongodb.ts'
import { MONGODB_STAGE } from './mongodb-stage.ts'
import { sourceSuites } from './source-suites.ts'

describe.skipIf(mongodbMissing() !== null)('mongodb', () => sourceSuites(MONGODB_STAGE))
