import { describe, expect, test } from 'vitest'
import type { Order } from '../../../model/position.ts'
import { timeAfter } from './cluster-time.ts'
import { MONGODB_POSITIONS, pointOf } from './position.ts'

const { parse, text, compare, short } = MONGODB_POSITIONS

// 1700000000 is 6553F100.
const EARLY = '826553F10000000001'
const LATE = '826553F10000000002'
// As SecantusDB sent it: {s: 9, t: Timestamp(7, 1795992413), n: 'admin.$cmd.aggregate', k: {}}.
const SECANTUS =
  '3b00000010730009000000117400070000005dab0c6b026e001500000061646d696e2e24636d642e61676772656761746500036b00050000000000'

describe('positions of change streams', () => {
  test.each([
    '1700000000.1',
    `1700000000.1/${EARLY}2B0229296E04`,
    '1700000000.7/{"_data":{"$binary":{"base64":"AAEC","subType":"00"}}}',
  ])('%s is parsed and printed as it is', (written) => {
    expect(text(parse(written))).toBe(written)
  })

  test.each([
    [EARLY, `1700000000.1/${EARLY}`],
    [`{"_data": "${LATE}"}`, `1700000000.2/${LATE}`],
    [`1700000000.2/{"_data": "${LATE}"}`, `1700000000.2/${LATE}`],
    ['2023-11-14T22:13:20Z', '1700000000.0'],
    ['2023-11-14', '1699920000.0'],
    [SECANTUS, expect.stringMatching(/^1795992413\.7\//)],
    // One of 0x82 bytes, which begins like the token of mongod.
    [`82${SECANTUS.slice(2)}${'00'.repeat(71)}`, expect.stringMatching(/^1795992413\.7\//)],
  ])('%s is a position too', (written, canonical) => {
    expect(text(parse(written))).toEqual(canonical)
  })

  test.each([
    '',
    'now',
    '1700000000',
    '1.2.3',
    '99999999999.1',
    '4294967296.0',
    '{"_data":',
    '[]',
    '{}',
    '1.1/',
    '1.1/xyz',
    '82zz',
  ])('"%s" is refused', (written) => {
    expect(() => parse(written)).toThrow(/is not a position of a change stream/)
  })

  test.each<[string, string, Order]>([
    ['1700000000.1', '1700000000.2', 'before'],
    ['1700000001.1', '1700000000.2', 'after'],
    ['1700000000.1', '1700000000.1', 'same'],
    // Without a token it is before everything at that time.
    ['1700000000.1', `1700000000.1/${EARLY}`, 'before'],
    [`1700000000.1/${EARLY}`, '1700000000.1', 'after'],
    [`1700000000.1/${EARLY}2B`, `1700000000.1/${EARLY}2C`, 'before'],
    [`1700000000.1/${EARLY}2C`, `1700000000.1/${EARLY}2B`, 'after'],
    [`1700000000.1/${EARLY}2C`, `1700000000.1/${EARLY}2C`, 'same'],
    ['1700000000.1/0102', '1700000000.1/0103', 'unordered'],
    ['1700000000.1/0102', '1700000000.1/0102', 'same'],
  ])('%s is to %s: %s', (a, b, expected) => {
    expect(compare(parse(a), parse(b))).toBe(expected)
  })

  test('the short form is a date, with the end of the token', () => {
    expect(short(parse('1700000000.3'))).toBe('2023-11-14T22:13:20Z no. 3')
    expect(short(parse(`1700000000.1/${EARLY}2B0229296E04`))).toBe('2023-11-14T22:13:20Z no. 1, token ...29296E04')
  })

  test('the time after the last of a second is in the next one', () => {
    expect(timeAfter(pointOf(parse('5.7')).time)).toEqual({ seconds: 5, increment: 8 })
    expect(timeAfter({ seconds: 5, increment: 0xffff_ffff })).toEqual({ seconds: 6, increment: 0 })
  })
})
