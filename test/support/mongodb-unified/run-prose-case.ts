import type { CommandStartedEvent, CommandSucceededEvent, Document } from 'mongodb'
import type { Deployment } from './deployment.ts'
import type { ProseCase } from './prose-cases.ts'
import type { FailPoint } from './unified-case.ts'

const APP_NAME = 'unified prose'
const SOME_FAIL_POINT: FailPoint = { configureFailPoint: 'failCommand', times: 1, data: {} }

/** null: it was run. Else why it was not. */
export async function runProseCase(on: Deployment, one: ProseCase): Promise<string | null> {
  const reason = await on.reasonAgainst(one, one.fails === true ? SOME_FAIL_POINT : null)
  if (reason !== null) return reason
  const db = String(on.names()['db0'])
  await on.other.db(db).command({ create: 'coll0', ...one.collection })
  await using client = on.observed(APP_NAME)
  const [sent, replies]: [Document[], Document[]] = [[], []]
  client.on('commandStarted', ({ command }: CommandStartedEvent) => sent.push(command))
  client.on('commandSucceeded', ({ reply }: CommandSucceededEvent) => {
    if (typeof reply === 'object' && reply !== null) replies.push(reply)
  })
  await one.run({
    client,
    coll: client.db(db).collection('coll0'),
    sent,
    replies,
    command: async (run) => void (await on.other.db(db).command(run)),
    fail: async (failCommands, data) => {
      const times = failCommands.length
      await on.setFailPoint({ configureFailPoint: 'failCommand', times, data: { failCommands, ...data } }, APP_NAME)
    },
  })
  return null
}
