import { BSON } from 'mongodb'
import { expect, test } from 'vitest'
import { rawChange } from './raw-change.ts'

const ns = { db: 'shop', coll: 'orders' }

test.each([
  [
    { operationType: 'insert', ns },
    { table: 'shop.orders', op: 'c' },
  ],
  [
    { operationType: 'replace', ns, fullDocument: 1 },
    { table: 'shop.orders', op: 'u' },
  ],
  [
    { operationType: 'update', ns },
    { table: 'shop.orders', op: 'u' },
  ],
  [
    { ns, operationType: 'delete' },
    { table: 'shop.orders', op: 'd' },
  ],
  [{ operationType: 'drop', ns }, null],
  [{ operationType: 'insert' }, null],
  [{ operationType: 1, ns }, null],
  [{ operationType: 'insert', ns: {} }, null],
])('the change in %j', (event, change) => {
  expect(rawChange(Buffer.from(BSON.serialize(event)))).toEqual(change)
})

test('bytes that are no document have none', () => {
  expect(rawChange(Buffer.from([1, 2, 3]))).toBeNull()
})
