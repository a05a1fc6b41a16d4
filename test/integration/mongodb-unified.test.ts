import { afterAll, beforeAll, describe, test } from 'vitest'
import {
  type MongodbServer,
  mongodbMissing,
  ownMongodbMissing,
  sharedMongodb,
  startMongodb,
} from '../support/mongodb.ts'
import { Deployment } from '../support/mongodb-unified/deployment.ts'
import { ERROR_CASES } from '../support/mongodb-unified/error-cases.ts'
import { EVENT_CASES } from '../support/mongodb-unified/event-cases.ts'
import { EXPANDED_CASES } from '../support/mongodb-unified/expanded-cases.ts'
import { IMAGE_CASES } from '../support/mongodb-unified/image-cases.ts'
import { PROSE_CASES } from '../support/mongodb-unified/prose-cases.ts'
import { runProseCase } from '../support/mongodb-unified/run-prose-case.ts'
import { runStreamCase } from '../support/mongodb-unified/run-stream-case.ts'
import { runWriteCase } from '../support/mongodb-unified/run-write-case.ts'
import { WRITE_CASES } from '../support/mongodb-unified/write-cases.ts'

/* The cases that the fake is held to, on a server. Those that it cannot do are skipped with the reason. */

const isOwn = ownMongodbMissing() === null

describe.skipIf(mongodbMissing() !== null)('a server', () => {
  const resources = new AsyncDisposableStack()
  let on: Deployment

  beforeAll(async () => {
    const server: MongodbServer = isOwn
      ? resources.use(await startMongodb({ settings: { testCommands: true, durable: false } }))
      : await sharedMongodb()
    const createDatabase = () => server.createDatabase()
    on = resources.use(await Deployment.at({ url: server.url(''), createDatabase, isOwn }))
  })

  afterAll(async () => {
    await resources.disposeAsync()
  })

  /** A case returns why this server cannot do it: another topology or release, no fail points, no limit of 16 MB. Its test is then skipped. */
  function caseOf(name: string, run: () => Promise<string | null>): void {
    test(name, async ({ skip }) => {
      const reason = await run()
      if (reason !== null) skip(reason)
    })
  }

  // Not `test.each`, which cuts long names.
  for (const one of [...EVENT_CASES, ...EXPANDED_CASES, ...IMAGE_CASES, ...ERROR_CASES])
    caseOf(one.name, () => runStreamCase(on, one))

  for (const one of PROSE_CASES) caseOf(one.name, () => runProseCase(on, one))

  for (const one of WRITE_CASES) caseOf(one.name, () => runWriteCase(on, one))
})
