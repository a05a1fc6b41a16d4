import { describe, test } from 'vitest'
import { expectWayOut, type LostPosition } from '../support/lost-position.ts'
import { ownMongodbMissing, startMongodb } from '../support/mongodb.ts'
import { rollOver } from '../support/mongodb-rollover.ts'
import { type MongodbShop, openMongodbShop } from '../support/mongodb-shop.ts'

/** An order that is not read, and more than the oplog has room for. */
async function unread({ admin, database, insertOrder }: MongodbShop): Promise<void> {
  await insertOrder()
  await rollOver(admin, database)
}

const LOST_POSITIONS: readonly LostPosition<MongodbShop>[] = [
  {
    code: 'MONGODB_OPLOG_LOST',
    how: 'the oplog has rolled over',
    lose: unread,
    evidence: /its first entry is of \S+ \(\d+\.\d+\), its last of/u,
  },
  {
    code: 'MONGODB_OPLOG_LOST',
    how: 'the oplog has rolled over, and what it still has is read',
    lose: unread,
    choice: /^Continue at the first entry of the oplog/u,
    evidence: /its first entry is of \S+ \(\d+\.\d+\), its last of/u,
  },
]

describe.skipIf(ownMongodbMissing() !== null)('a lost position on MongoDB', () => {
  test.each(LOST_POSITIONS)(
    '$code: $how; doctor, run and status have the evidence, and the printed commands continue the stream',
    async (lost) => {
      await using shop = await openMongodbShop(await startMongodb({ auth: true, settings: { smallOplog: true } }))
      await expectWayOut(shop, 'mongodb.position', lost)
    },
  )
})
