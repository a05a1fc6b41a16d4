import { array, assert, constantFrom, oneof, property, record, string } from 'fast-check'
import type { Document } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { streamFilter } from './stream-filter.ts'
import { explainScope, streamScope } from './stream-scope.ts'
import { heartbeatCollection, type WatchConfig, watchedCollections } from './watched-collections.ts'

type Mode = 'job' | 'off'

function config(
  tables: readonly string[],
  about: { exclude?: readonly string[]; mode?: Mode; schema?: string } = {},
): WatchConfig {
  const { exclude = [], mode = 'off', schema = 'streamkap' } = about
  const source = { mode, schema, by: null, intervalMs: 60_000, table: 'streamkap_heartbeat', deliver: false } as const
  return { tables, exclude, heartbeat: { connector: null, source } }
}

describe('the scope of a stream', () => {
  test.each<[string, WatchConfig, object]>([
    ['one collection', config(['shop.orders']), { covers: 'collection', database: 'shop', name: 'orders' }],
    [
      'named twice',
      config(['shop.orders', 'shop."orders"']),
      { covers: 'collection', database: 'shop', name: 'orders' },
    ],
    ['two of one database', config(['shop.orders', 'shop.items']), { covers: 'database', database: 'shop' }],
    ['a pattern in one database', config(['shop.ord*']), { covers: 'database', database: 'shop' }],
    ['two databases', config(['shop.orders', 'crm.people']), { covers: 'cluster' }],
    ['a collection of any database', config(['orders']), { covers: 'cluster' }],
    ['databases by a pattern', config(['shop*.orders']), { covers: 'cluster' }],
    ['everything', config([]), { covers: 'cluster' }],
    ['everything but some', config([], { exclude: ['shop.*'] }), { covers: 'cluster' }],
    ['the heartbeat in another database', config(['shop.orders'], { mode: 'job' }), { covers: 'cluster' }],
    [
      'the heartbeat beside it',
      config(['shop.orders'], { mode: 'job', schema: 'shop' }),
      { covers: 'database', database: 'shop' },
    ],
    [
      'one excluded again',
      config(['shop.orders', 'crm.people'], { exclude: ['crm.*'] }),
      { covers: 'collection', database: 'shop', name: 'orders' },
    ],
  ])('%s', (_, watched, expected) => {
    expect(streamScope(watched)).toEqual(expected)
  })

  test.each<[WatchConfig, RegExp]>([
    [
      config(['shop.orders']),
      /^The stream covers only the collection shop\.orders, because nothing else is watched\.$/,
    ],
    [config(['shop.a', 'shop.b*']), /covers the database shop, .*: shop\.a, shop\.b\*\.$/],
    [
      config(['orders', 'shop.a']),
      /covers the whole cluster, because orders can be in any database; with its database, as in <database>\.orders, .*narrower\.$/,
    ],
    [config([]), /what is watched \(`tables` is empty\) can be in any database\.$/],
    [
      config(['s.a', 's.b', 's.c', 's.d', 's.e', 's.f'], { mode: 'job' }),
      /different ones: s\.a, s\.b, s\.c, s\.d, the heartbeat collection streamkap\.streamkap_heartbeat and 2 more\.$/,
    ],
  ])('is explained', (watched, expected) => {
    expect(explainScope(watched)).toMatch(expected)
  })
})

const DATABASES = ['shop', 'shopping', 'crm', 'streamkap', 'a.b\n']
const NAMES = ['orders', 'order', 'orders_2', 'items.old', 'streamkap_heartbeat', 'a+b', 'orders\n', '']
const part = oneof(
  constantFrom(
    'shop',
    'crm',
    'orders',
    'streamkap',
    '*',
    'sh*',
    '*s',
    'o*r*s',
    '*er*',
    '"items.old"',
    'items*',
    'a+b',
    '*\n',
  ),
  string({ unit: constantFrom('a', '*', 'o', 's', '+', '(', '^', '$', '|'), minLength: 1, maxLength: 4 }),
).filter((text) => text === text.trim())
const pattern = oneof(
  part,
  array(part, { minLength: 2, maxLength: 2 }).map((parts) => parts.join('.')),
)
const watching = record({
  tables: array(pattern, { maxLength: 4 }),
  exclude: array(pattern, { maxLength: 2 }),
  mode: constantFrom<Mode[]>('job', 'off'),
  schema: constantFrom('streamkap', 'shop'),
})

test('the filter of a stream passes exactly what the patterns watch', async () => {
  await assert(
    property(watching, ({ tables, ...about }) => {
      const watched = config(tables, about)
      const passes = passing(watched)
      const isWanted = wantedIn(watched)
      for (const db of DATABASES)
        for (const coll of NAMES) {
          if (coll === '') continue
          const other = { db, coll: 'of nobody (' }
          expect([db, coll, passes({ operationType: 'insert', ns: { db, coll } })]).toEqual([
            db,
            coll,
            isWanted(db, coll),
          ])
          const either = isWanted(db, coll) || isWanted(other.db, other.coll)
          expect(passes({ operationType: 'rename', ns: other, to: { db, coll } })).toBe(either)
          expect(passes({ operationType: 'rename', ns: { db, coll }, to: other })).toBe(either)
        }
      expect(passes({ operationType: 'invalidate' })).toBe(true)
      for (const db of DATABASES)
        if (NAMES.some((coll) => isWanted(db, coll)))
          expect(passes({ operationType: 'dropDatabase', ns: { db } })).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('the drop of a database is passed only if it can contain what is watched', () => {
  const passes = passing(config(['shop.orders', 'crm*.people']))
  const dropped = ['shop', 'crm2', 'other'].map((db) => passes({ operationType: 'dropDatabase', ns: { db } }))
  expect(dropped).toEqual([true, true, false])
})

function wantedIn(watched: WatchConfig): (database: string, name: string) => boolean {
  const matches = watchedCollections(watched)
  const heartbeat = heartbeatCollection(watched)
  return (database, name) => matches(database, name) || (heartbeat?.database === database && heartbeat.name === name)
}

/** Whether an event is in the stream: within its scope, and passed by its filter. */
function passing(watched: WatchConfig): (event: Document) => boolean {
  const scope = streamScope(watched)
  const filter = streamFilter(watched, scope)
  return (event) => inScope(event) && (filter === null || meets(event, filter))

  function inScope(event: Document): boolean {
    const { ns, to } = event
    if (ns === undefined || scope.covers === 'cluster') return true
    const spaces: readonly Document[] = to === undefined ? [ns] : [ns, to]
    return spaces.some(({ db, coll }) => {
      if (scope.covers === 'database') return db === scope.database
      return db === scope.database && (coll === undefined || coll === scope.name)
    })
  }
}

/** Evaluates the part of the query language that filters use. */
function meets(event: Document, condition: Document): boolean {
  return Object.entries(condition).every(([key, wanted]) => {
    if (key === '$or') return wanted.some((each: Document) => meets(event, each))
    if (key === '$and') return wanted.every((each: Document) => meets(event, each))
    if (key === '$nor') return !wanted.some((each: Document) => meets(event, each))
    const value = key.split('.').reduce<unknown>((at, name) => (Object(at) as Document)[name], event)
    return isMet(value, wanted)
  })
}

function isMet(value: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'string') return value === wanted
  if (wanted instanceof RegExp) return typeof value === 'string' && new RegExp(wanted.source, 'u').test(value)
  const { $in: list, $exists: exists } = Object(wanted)
  return exists === undefined ? list.some((each: unknown) => isMet(value, each)) : (value !== undefined) === exists
}
