import { expect, it } from 'vitest'
import { namedTables, watchedTables } from './watched-tables.ts'

const NAMES = { columns: ['s', 't'], literal: (text: string) => `<${text}>` } as const
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
  [['*'], ['b'], '(true) AND NOT ((t = <b>))'],
  [['a.*', 'b%.c*d_'], [], "((s = <a>) OR (s = <b%> AND t LIKE <c%d!_> ESCAPE '!'))"],
])('%j without %j is the condition %s', (tables, exclude, sql) => {
  expect(watchedTables(watching(tables, exclude), NAMES)).toEqual({ by: 'condition', sql })
})
