import { expect, test } from 'vitest'
import { EventCursor } from '../framing/event-cursor.ts'
import { TYPE } from './column-type.ts'
import { readTableMap } from './table-map.ts'

/** A table map with one column that is a DECIMAL, behind its number and flags. */
function tableMap(digits: number, decimals: number): EventCursor {
  const bytes = Buffer.from([1, 0x73, 0, 1, 0x74, 0, 1, TYPE.NEWDECIMAL, 2, digits, decimals, 0])
  return new EventCursor({ file: 'binlog.000001', offset: 4, type: 19 }, bytes, 0, bytes.length)
}

test.each([
  [65, 30],
  [5, 5],
])('a DECIMAL of %i digits with %i decimals is read', (digits, decimals) => {
  const [column] = readTableMap(tableMap(digits, decimals), false).columns
  expect(column).toMatchObject({ size: digits, detail: decimals })
})

test.each([
  [66, 2],
  [2, 9],
])('a DECIMAL of %i digits with %i decimals is refused', (digits, decimals) => {
  expect(() => readTableMap(tableMap(digits, decimals), false)).toThrow(
    expect.objectContaining({ code: 'MYSQL_EVENT_INVALID' }),
  )
})

test.each([false, true])(
  'a YEAR takes a bit of the signs, and the columns after it keep theirs; MariaDB: %s',
  (isMariadb) => {
    const columns = [TYPE.YEAR, TYPE.TINY, TYPE.TINY]
    // Of the three bits, the first is the year's, and the last column is unsigned.
    const bytes = Buffer.from([1, 0x73, 0, 1, 0x74, 0, columns.length, ...columns, 0, 0, 1, 1, 0b1010_0000])
    const cursor = new EventCursor({ file: 'binlog.000001', offset: 4, type: 19 }, bytes, 0, bytes.length)
    expect(readTableMap(cursor, isMariadb).metadata.unsigned?.slice(1)).toEqual([false, true])
  },
)

test('a VECTOR has a collation among those of the columns with characters', () => {
  const columns = [2, TYPE.VECTOR, TYPE.VARCHAR, 3, 4, 40, 0, 0]
  const bytes = Buffer.from([1, 0x73, 0, 1, 0x74, 0, ...columns, 3, 2, 63, 224])
  const cursor = new EventCursor({ file: 'binlog.000001', offset: 4, type: 19 }, bytes, 0, bytes.length)
  expect(readTableMap(cursor, false).metadata.collations).toEqual([63, 224])
})
