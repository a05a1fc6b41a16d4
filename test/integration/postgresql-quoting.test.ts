import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KEYWORDS } from '../../src/sources/postgresql/connect/keyword.ts'
import { psqlConnect, quoteIdentifier, quoteLiteral } from '../../src/sources/postgresql/connect/quoting.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { pasteIntoPsql, psqlMissing } from '../support/psql.ts'

const missing = postgresqlMissing() ?? psqlMissing()

test.skipIf(missing !== null)('every word that the newest server keeps for itself is quoted', async () => {
  const server = await sharedPostgresql()
  const rows = await server.query('postgres', "SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'")
  expect(rows.map(({ word }) => String(word)).filter((word) => !KEYWORDS.has(word))).toEqual([])
})

/** 63 bytes, as the server keeps them. */
const names = fc
  .string({ minLength: 1, maxLength: 63, unit: 'binary' })
  .filter((name) => !name.includes('\0') && Buffer.byteLength(name) <= 63)

const AWKWARD = ['user', 'order', 'a\\', "o'neil", 'say "hi"', ':name', '100%', 'a$b', 'two\nlines', 'заказ']
const hex = (text: string) => `encode(convert_to(${text}, 'UTF8'), 'hex')`

test.skipIf(missing !== null)('names and texts come to the server as they are, pasted into psql', async () => {
  const server = await sharedPostgresql()
  const ask = (word: string) =>
    `SELECT ${hex(quoteLiteral(word))}, (SELECT ${hex('key')} FROM json_object_keys(to_json(x)) key) FROM (SELECT 1 AS ${quoteIdentifier(word)}) x;`
  await fc.assert(
    fc.asyncProperty(fc.array(names, { maxLength: 40 }), fc.constantFrom('on', 'off'), async (drawn, setting) => {
      const words = [...AWKWARD, ...drawn]
      const script = [`SET standard_conforming_strings = ${setting};`, ...words.map(ask)].join('\n')
      const rows = (await pasteIntoPsql(server, 'postgres', script)).trimEnd().split('\n')
      const expected = words.map((word) => Buffer.from(word).toString('hex'))
      expect(rows).toEqual(expected.map((word) => `${word}|${word}`))
    }),
    { numRuns: 10 },
  )
})

test.skipIf(missing !== null).each(['my db', "o'neil", 'a"b', 'a=b', 'Order', 'user', 'заказ', 'tail\\'])(
  'psql connects to a database named %s',
  async (name) => {
    const server = await sharedPostgresql()
    await server.query('postgres', `CREATE DATABASE ${quoteIdentifier(name)}`)
    try {
      const answer = await pasteIntoPsql(server, 'postgres', `${psqlConnect(name)}\nSELECT current_database();`)
      expect(answer).toContain(name)
    } finally {
      await server.query('postgres', `DROP DATABASE ${quoteIdentifier(name)} WITH (FORCE)`)
    }
  },
)
