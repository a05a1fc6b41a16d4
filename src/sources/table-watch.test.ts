import { expect, test } from 'vitest'
import type { Logger } from '../model/logger.ts'
import { type TableCatalog, TableWatch } from './table-watch.ts'

interface Table {
  readonly name: string
  readonly isDelivered: boolean
}

/** A catalog that has what the test puts into it. */
function catalogOf() {
  const has = { mark: '', tables: [] as Table[], reads: 0, fails: false }
  const catalog: TableCatalog<null, Table> = {
    mark: async () => has.mark,
    tables: async () => {
      if (has.fails) throw new Error('not now')
      has.reads++
      return has.tables
    },
    isWatched: ({ name }) => name !== 'ignored',
    nameOf: ({ name }) => name,
    gaps: (tables) => ({ unmatched: [], notPublished: [], notPublishedCount: tables.length }),
    news: (name, before, { isDelivered }) =>
      before?.isDelivered === isDelivered
        ? []
        : [{ level: 'warn', code: 'POSTGRES_TABLE_NOT_PUBLISHED', details: { table: name } }],
    otherNews: async () => [],
  }
  const said: unknown[] = []
  const say = (about: object) => void said.push('table' in about ? about.table : about)
  const log: Logger = { debug: () => undefined, info: say, warn: say, error: say, child: () => log }
  const watch = new TableWatch(catalog, log)
  return { has, said, inspect: (signal = new AbortController().signal) => watch.inspect(null, signal) }
}

const delivered = (name: string): Table => ({ name, isDelivered: true })

test('the first inspection reports nothing; later ones what came and changed among the watched tables', async () => {
  const { has, said, inspect } = catalogOf()
  has.tables = [delivered('a'), delivered('b')]
  await inspect()
  expect(said).toEqual([])
  has.mark = '2'
  has.tables = [
    delivered('a'),
    { name: 'b', isDelivered: false },
    delivered('c'),
    { name: 'ignored', isDelivered: false },
  ]
  await inspect()
  expect(said).toEqual(['b', 'c'])
})

test('the tables are read again only where the mark has changed', async () => {
  const { has, inspect } = catalogOf()
  has.tables = [delivered('a')]
  for (let i = 0; i < 3; i++) expect((await inspect())?.notPublishedCount).toBe(1)
  expect(has.reads).toBe(1)
})

test('what cannot be read now is read at the next inspection, and a stop is passed on', async () => {
  const { has, inspect } = catalogOf()
  has.fails = true
  expect(await inspect()).toBeNull()
  await expect(inspect(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
  has.fails = false
  has.tables = [delivered('a')]
  expect((await inspect())?.notPublishedCount).toBe(1)
})
