import { array, asyncProperty, assert as check, constantFrom, oneof, string, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { POSTGRESQL_DEFAULTS } from '../sources/postgresql/config.ts'
import { SOURCES } from '../sources/registry.ts'
import { tableFilter } from '../sources/table-pattern.ts'
import type { Config } from './config.ts'
import { configText } from './config-text.ts'
import { loadConfig } from './load-config.ts'

function load(text: string): Promise<Config> {
  return loadConfig({
    path: 'offbeat.yaml',
    workingDirectory: '/',
    env: { PASSWORD: 'p', NAME: 'a variable' },
    registry: SOURCES,
    rightsOf: async () => ({ mode: 0o600, owner: 1000 }),
    readFile: async () => text,
  })
}

const FIRST = {
  settings: {},
  heartbeat: POSTGRESQL_DEFAULTS.heartbeat,
  name: 'shop',
  kind: 'postgresql',
  url: `postgresql://u:\${PASSWORD}@h/d`,
  readOnly: false,
  interval: '1m',
  reasons: ['Once a minute.'],
  schema: 'offbeat.schema.json',
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** Whatever PostgreSQL takes as a name, and what YAML, the configuration or a pattern takes for more than a character. */
const odd = constantFrom(
  '\n',
  '\r',
  '\u0000',
  '\u0085',
  '\u2028',
  '\uFEFF',
  '\u007F',
  '"',
  "'",
  '*',
  '.',
  ',',
  '#',
  ': ',
  '\\',
  '${',
  '$${',
  '${NAME}',
  '[',
  ']',
  '}',
)
const tableName = oneof(
  string({ minLength: 1, unit: 'binary' }),
  array(oneof(odd, string({ maxLength: 3 })), { minLength: 1 }).map((parts) => parts.join('')),
).filter((name) => name !== '')

test('a table that the file names is the one that is watched, and no other, whatever is in its name', async () => {
  await check(
    asyncProperty(array(tuple(tableName, tableName), { minLength: 1, maxLength: 3 }), async (names) => {
      const tables = names.map(([schema, table]) => `${quoted(schema)}.${quoted(table)}`)
      const config = await load(configText({ ...FIRST, tables, found: tables }))
      const [source] = config.sources
      expect(source?.config.tables).toEqual(tables)
      const isWatched = tableFilter(source?.config.tables ?? [], [])
      for (const [schema, table] of names) {
        expect(isWatched(schema, table)).toBe(true)
        expect(isWatched(schema, `${table}x`)).toBe(names.some((name) => name[0] === schema && name[1] === `${table}x`))
      }
    }),
    { numRuns: 300 },
  )
})

test('a comment stays one line whatever a table of the database is called', async () => {
  const found = ['public."two\nlines"', 'public."tables: [x]\r\u0085\u2028y"']
  const text = configText({ ...FIRST, tables: [], found })
  expect(text).toContain('# Found: public."two\\nlines", public."tables: [x]\\r\\u0085\\u2028y"\n')
  expect((await load(text)).sources[0]?.config.tables).toEqual([])
})
