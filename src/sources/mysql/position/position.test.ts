import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Order, Position } from '../../../model/position.ts'
import { withMariadbGtid } from './mariadb-gtid-list.ts'
import {
  containsMysqlGtids,
  mysqlGtidSetText,
  mysqlGtidsWithout,
  parseMysqlGtidSet,
  withMysqlGtid,
} from './mysql-gtid-set.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from './position.ts'

const ONE = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
const TWO = 'a2dc7e80-0000-11e1-9e33-c80aa9429562'

function orderOfMysql(a: string, b: string): Order {
  return MYSQL_POSITIONS.compare(MYSQL_POSITIONS.parse(a), MYSQL_POSITIONS.parse(b))
}

function orderOfMariadb(a: string, b: string): Order {
  return MARIADB_POSITIONS.compare(MARIADB_POSITIONS.parse(a), MARIADB_POSITIONS.parse(b))
}

const filePosition = fc
  .record({
    ordinal: fc.integer({ min: 1, max: 3 }),
    offset: fc.integer({ min: 4, max: 6 }),
    base: fc.constantFrom('a', 'b'),
  })
  .map(({ base, ordinal, offset }) => `${base}.${String(ordinal).padStart(6, '0')}:${offset}`)

/** Few ids, so that sets often contain each other. */
const mysqlSet = fc
  .array(fc.tuple(fc.constantFrom(ONE, TWO), fc.constantFrom('', 'tag:', 'z_1:'), fc.integer({ min: 1, max: 6 })), {
    maxLength: 8,
  })
  .map((ids) => ids.map(([uuid, tag, number]) => `${uuid}:${tag}${number}`).join(','))

const mariadbList = fc
  .uniqueArray(
    fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })),
    {
      selector: ([domain]) => domain,
    },
  )
  .map((ids) => ids.map((id) => id.join('-')).join(','))

function written(ids: string, at: string | null): string {
  return [ids, at ?? ''].filter((part) => part !== '').join(';') || 'empty'
}

describe.each([
  ['MySQL', MYSQL_POSITIONS, mysqlSet],
  ['MariaDB', MARIADB_POSITIONS, mariadbList],
] as const)('%s', (_, positions, ids) => {
  const position = fc.tuple(ids, fc.option(filePosition)).map(([set, at]) => positions.parse(written(set, at)))

  it('has one text for positions that are the same, and parses it back', () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        expect(positions.compare(positions.parse(positions.text(a)), a)).toBe('same')
        expect(positions.compare(a, b) === 'same').toBe(positions.text(a) === positions.text(b))
      }),
    )
  })

  it('is a partial order', () => {
    const opposite = { before: 'after', after: 'before', same: 'same', unordered: 'unordered' } as const
    fc.assert(
      fc.property(position, position, position, (a, b, c) => {
        expect(positions.compare(b, a)).toBe(opposite[positions.compare(a, b)])
        if (positions.compare(a, b) === 'before' && positions.compare(b, c) === 'before')
          expect(positions.compare(a, c)).toBe('before')
      }),
      { numRuns: 1000 },
    )
  })

  it('an error for a text that is not a position says what is expected', () => {
    for (const text of ['', ';', 'binlog', '7', 'x:1', `${ONE}`, `${ONE}:`, '0-1-1;0-1-2', 'a b.000001:4'])
      expect(() => positions.parse(text)).toThrow('is not a position of a binary log')
  })
})

describe('GTIDs of MySQL', () => {
  it.each([
    [`${ONE}:1-5`, `${ONE}:1-5`],
    [` ${ONE.toUpperCase()}:1-3:4:9,\n${ONE}:2-7 `, `${ONE}:1-7:9`],
    [`${TWO}:1,${ONE}:3:tag:1-2:5,${ONE}:tag:3-4`, `${ONE}:3:tag:1-5,${TWO}:1`],
    ['empty', 'empty'],
    ['mysql-bin.12:4', 'mysql-bin.000012:4'],
    [`${ONE}:1 ; mysql-bin.1000000:4`, `${ONE}:1;mysql-bin.1000000:4`],
  ])('%j is written %j', (text, canonical) => {
    expect(MYSQL_POSITIONS.text(MYSQL_POSITIONS.parse(text))).toBe(canonical)
  })

  it.each([
    [`${ONE}:1-5`, `${ONE}:1-6`, 'before'],
    [`${ONE}:1-5:7`, `${ONE}:1-6`, 'unordered'],
    [`${ONE}:1-5`, `${ONE}:tag:1-5`, 'unordered'],
    [`${ONE}:1-5`, `${ONE}:1-5,${TWO}:1`, 'before'],
    ['empty', `${ONE}:1`, 'before'],
    // Anonymous transactions move only the file position.
    [`${ONE}:1-5;b.000002:4`, `${ONE}:1-5;b.000002:9`, 'before'],
    // A new server has its own files.
    [`${ONE}:1-5;b.000009:4`, `${ONE}:1-6;b.000001:4`, 'before'],
    ['b.999999:9', 'b.1000000:4', 'before'],
    ['b.000001:9', 'c.000002:4', 'unordered'],
  ] as const)('%s, then %s: %s', (a, b, order) => {
    expect(orderOfMysql(a, b)).toBe(order)
  })

  it('adding ids one at a time gives the same set as adding them together', () => {
    const id = fc.tuple(fc.constantFrom(ONE, `${ONE}:tag`, TWO), fc.integer({ min: 1, max: 12 }))
    fc.assert(
      fc.property(fc.array(id, { minLength: 1 }), (ids) => {
        const gtids = ids.map(([key, number]) => `${key}:${number}`)
        const grown = gtids.reduce((set, gtid) => withMysqlGtid(set, gtid), parseMysqlGtidSet('') ?? new Map())
        const whole = parseMysqlGtidSet(gtids.join(',')) ?? new Map()
        expect(mysqlGtidSetText(grown)).toBe(mysqlGtidSetText(whole))
      }),
    )
  })

  it('sets that grow are ordered like sets that are parsed', () => {
    const id = fc.tuple(fc.constantFrom(ONE, `${ONE}:tag`, TWO), fc.integer({ min: 1, max: 6 }))
    fc.assert(
      fc.property(mysqlSet, fc.array(id, { maxLength: 8 }), (start, ids) => {
        const sets = [parseMysqlGtidSet(start) ?? new Map()]
        for (const [key, number] of ids) sets.push(withMysqlGtid(sets.at(-1) ?? new Map(), `${key}:${number}`))
        const grown = sets.map((set) => MYSQL_POSITIONS.of(set, null))
        const parsed = grown.map((position) => MYSQL_POSITIONS.parse(MYSQL_POSITIONS.text(position)))
        const orders = (all: readonly Position[]) => all.flatMap((a) => all.map((b) => MYSQL_POSITIONS.compare(a, b)))
        expect(orders(grown)).toEqual(orders(parsed))
      }),
    )
  })

  it('a set united with what it lacks of another is the union of both', () => {
    fc.assert(
      fc.property(mysqlSet, mysqlSet, (one, other) => {
        const [a, b] = [parseMysqlGtidSet(one) ?? new Map(), parseMysqlGtidSet(other) ?? new Map()]
        const rest = mysqlGtidsWithout(a, b)
        const both = parseMysqlGtidSet([mysqlGtidSetText(rest), mysqlGtidSetText(b)].join(',')) ?? new Map()
        expect(mysqlGtidSetText(both)).toBe(mysqlGtidSetText(parseMysqlGtidSet([one, other].join(',')) ?? new Map()))
        expect(containsMysqlGtids(b, rest)).toBe(rest.size === 0)
      }),
    )
  })
})

describe('GTIDs of MariaDB', () => {
  it.each([
    ['0-1-5', '0-1-6', 'before'],
    // Another server of the domain goes on where the first stopped.
    ['0-1-5', '0-2-6', 'before'],
    // Two histories.
    ['0-1-5', '0-2-5', 'unordered'],
    ['0-1-5', '0-1-5,1-1-1', 'before'],
    ['0-1-6,1-1-1', '0-1-5,1-1-2', 'unordered'],
    ['empty', '0-1-1', 'before'],
  ] as const)('%s, then %s: %s', (a, b, order) => {
    expect(orderOfMariadb(a, b)).toBe(order)
  })

  it('an id changes the position of its own domain only', () => {
    const start = MARIADB_POSITIONS.gtidsOf(MARIADB_POSITIONS.parse('1-1-1,0-1-5'))
    const moved = withMariadbGtid(withMariadbGtid(start, '0-2-6') ?? new Map(), '4-1-1') ?? new Map()
    expect(MARIADB_POSITIONS.text(MARIADB_POSITIONS.of(moved, null))).toBe('0-2-6,1-1-1,4-1-1')
  })

  it.each(['0-1-5', '0-2-5', '0-2-4'])('%s does not follow 0-1-5', (gtid) => {
    expect(withMariadbGtid(MARIADB_POSITIONS.gtidsOf(MARIADB_POSITIONS.parse('0-1-5')), gtid)).toBeNull()
  })

  it('lists that grow are ordered like lists that are parsed, and refuse the same ids', () => {
    const id = fc
      .tuple(fc.nat(1), fc.constantFrom(1, 2), fc.integer({ min: 1, max: 9 }))
      .map((parts) => parts.join('-'))
    fc.assert(
      fc.property(mariadbList, fc.array(id, { maxLength: 8 }), (start, ids) => {
        const lists = [MARIADB_POSITIONS.gtidsOf(MARIADB_POSITIONS.parse(start || 'empty'))]
        for (const gtid of ids) {
          const last = lists.at(-1) ?? new Map()
          const [grown, regrown] = [withMariadbGtid(last, gtid), withMariadbGtid(new Map(last), gtid)]
          expect(grown === null).toBe(regrown === null)
          lists.push(grown ?? last)
        }
        const grown = lists.map((list) => MARIADB_POSITIONS.of(list, null))
        const parsed = grown.map((position) => MARIADB_POSITIONS.parse(MARIADB_POSITIONS.text(position)))
        const orders = (all: readonly Position[]) => all.flatMap((a) => all.map((b) => MARIADB_POSITIONS.compare(a, b)))
        expect(orders(grown)).toEqual(orders(parsed))
      }),
    )
  })

  it('two ids of one domain are not a position', () => {
    expect(() => MARIADB_POSITIONS.parse('0-1-5,0-2-6')).toThrow('is not a position of a binary log')
  })
})

it('a long position has a short form of one line', () => {
  const long = MYSQL_POSITIONS.parse(`${ONE}:1-5:7-9,${TWO}:1-100`)
  expect(MYSQL_POSITIONS.short(long).length).toBe(60)
  expect(MYSQL_POSITIONS.short(MYSQL_POSITIONS.parse('b.000001:4'))).toBe('b.000001:4')
})

it('neither product accepts a position of the other', () => {
  expect(() => MYSQL_POSITIONS.text(MARIADB_POSITIONS.parse('0-1-1'))).toThrow('another source')
})
