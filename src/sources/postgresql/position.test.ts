import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LSN_POSITIONS, lsnFromBigint, lsnToBigint, readLsn } from './position.ts'

test('the canonical form is upper hex without leading zeros', () => {
  expect(LSN_POSITIONS.text(LSN_POSITIONS.parse('00000000/01a2b3c8'))).toBe('0/1A2B3C8')
  expect(LSN_POSITIONS.short(LSN_POSITIONS.parse(' 16/B374D848 '))).toBe('16/B374D848')
})

test.each(['', '0', '0/', '/0', '0/123456789', 'g/0', '0/1/2', '-1/0', '0x1/0'])('%j is refused', (text) => {
  expect(() => LSN_POSITIONS.parse(text)).toThrow(expect.objectContaining({ code: 'POSITION_INVALID' }))
})

test('text, bigint and bytes agree, and order as numbers do', () => {
  const lsn = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
  fc.assert(
    fc.property(lsn, lsn, (a, b) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64BE(a)
      const position = lsnFromBigint(a)
      expect(readLsn(bytes, 0)).toEqual(position)
      expect(LSN_POSITIONS.parse(LSN_POSITIONS.text(position).toLowerCase())).toEqual(position)
      expect(lsnToBigint(position)).toBe(a)
      const unequal = a < b ? 'before' : 'after'
      expect(LSN_POSITIONS.compare(position, lsnFromBigint(b))).toBe(a === b ? 'same' : unequal)
    }),
  )
})
