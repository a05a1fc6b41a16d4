import { type CommandStartedEvent, type Document, MongoError } from 'mongodb'
import { expect } from 'vitest'
import type { Deployment } from './deployment.ts'
import { BEFORE, type Shop, WRITES, type WriteCase } from './write-cases.ts'

const APP_NAME = 'unified writes'

/** null: it was run, and went as it must. Else why it was not run. */
export async function runWriteCase(on: Deployment, one: WriteCase): Promise<string | null> {
  const reason = await on.reasonAgainst(one, one.failPoint)
  if (reason !== null) return reason
  const db = String(on.names()['db0'])
  await on.other.db(db).command({ insert: 'coll0', documents: BEFORE })
  await on.setFailPoint(one.failPoint, APP_NAME)
  try {
    await writeAndCheck(on, one, db)
  } finally {
    await on.removeFailPoint(one.failPoint)
  }
  const left = await on.other.db(db).collection('coll0').find().toArray()
  const after: readonly Document[] = WRITES[one.write].after
  expect(left.toSorted((a, b) => Number(a._id) - Number(b._id))).toEqual(one.isDone ? after : BEFORE)
  return null
}

async function writeAndCheck(on: Deployment, { write, sent, fails }: WriteCase, db: string): Promise<void> {
  await using client = on.observed(APP_NAME)
  const commands: Document[] = []
  client.on('commandStarted', ({ commandName, command }: CommandStartedEvent) => {
    if (commandName === WRITES[write].command) commands.push(command)
  })
  const shop: Shop = client.db(db).collection('coll0')
  const error = await WRITES[write].run(shop).catch((thrown: unknown) => thrown)
  if (fails === undefined) expect(error).toBeUndefined()
  else expect(labelled(error)).toEqual(fails.hasLabel === 'either' ? expect.any(Boolean) : fails.hasLabel)
  expect(commands).toHaveLength(sent)
  const numbers = commands.map(({ lsid, txnNumber }) => `${lsid?.id?.toString('hex')} ${txnNumber}`)
  expect(new Set(numbers).size).toBe(1)
  expect(commands.every(({ txnNumber }) => (txnNumber === undefined) === write.endsWith('deleteMany'))).toBe(true)
}

function labelled(error: unknown): boolean {
  if (!(error instanceof MongoError)) throw error ?? new Error('no error')
  return error.hasErrorLabel('RetryableWriteError')
}
