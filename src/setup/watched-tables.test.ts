import { expect, it } from 'vitest'
import { namedTables, watchedTables } from './watched-tables.ts'

const literal = (text: string) => `<${text}>`
const NAMES = { levels: ['schema', 'name'], columns: { schema: 's', name: 't' }, literal } as const
const OF_MYSQL = { levels: ['database', 'name'], columns: { database: 'd', name: 't' }, literal } as const
const source = { mode: 'table', by: null, intervalMs: 1, schema: 'beats', table: 'beat', deliver: false } as const
const watching = (tables: readonly string[], exclude: readonly string[] = []) => ({
  tables,
  exclude,
  heartbeat: { connector: null, source },
})

it('names alone are a list, without what is excluded and without the heartbeat table', () => {
  const config = watching(['a.x', 'a.y', 'beats.beat'], ['*.y'])
  expect(watchedTables(config, NAMES)).toEqual({ by: 'list', tables: [{ schema: 'a', name: 'x' }] })
  expect(namedTables(config, NAMES)).toEqual([
    { entry: 'a.x', condition: '(s = <a> AND t = <x>)' },
    { entry: 'a.y', condition: '(s = <a> AND t = <y>)' },
  ])
})

it.each([
  [['*'], ['b'], 'NOT ((t = <b>))'],
  [['a.*', '*'], [], null],
  [[], ['b'], 'NOT ((t = <b>))'],
  [['a.*', 'b%.c*d_'], [], "((s = <a>) OR (s = <b%> AND t LIKE <c%d!_> ESCAPE '!'))"],
])('%j without %j is the condition %s', (tables, exclude, sql) => {
  expect(watchedTables(watching(tables, exclude), NAMES)).toEqual({ by: 'condition', sql })
})

it('where everything is excluded, nothing is watched', () => {
  expect(watchedTables(watching(['a.*'], ['b', '*']), NAMES)).toEqual({ by: 'list', tables: [] })
})

it('a table that is named by its database has that in its condition, and is its heartbeat table by it', () => {
  const config = watching(['shop.x', 'beats.beat'])
  expect(watchedTables(config, OF_MYSQL)).toEqual({ by: 'list', tables: [{ database: 'shop', name: 'x' }] })
  expect(watchedTables(watching(['shop.*']), OF_MYSQL)).toEqual({ by: 'condition', sql: '((d = <shop>))' })
  expect(namedTables(config, OF_MYSQL)).toEqual([{ entry: 'shop.x', condition: '(d = <shop> AND t = <x>)' }])
})
