import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KEYWORDS } from '../../src/sources/mysql/connect/keyword.ts'
import { quoteLiteral, quoteName } from '../../src/sources/mysql/connect/quoting.ts'
import { mysqlMissing, sharedMysql } from '../support/mysql.ts'
import { EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'

/**
 * Names cannot end with a space, and have no character beyond the basic plane. The server removes control characters and spaces from the
 * beginning of a column's name, and the driver refuses `__proto__` and its like.
 */
const names = fc
  .string({ minLength: 1, maxLength: 64, unit: 'binary' })
  .filter((name) => !/^[\p{Cc}\s]|^__|\0| $|[\u{10000}-\u{10ffff}]/u.test(name))
const texts = fc.string({ maxLength: 40, unit: 'binary' })
const AWKWARD = [
  'order',
  'Rank',
  'a\\',
  "o'neil",
  'back`tick',
  'say "hi"',
  '100%',
  'a$b',
  '2026',
  'two\nlines',
  'заказ',
]

describe.each(EVERY_MYSQL)('%s', (version) => {
  const absent = mysqlMissing(version) !== null
  const { product } = mysqlServerKind(version)

  test.skipIf(absent)('names and texts come to the server as they are', async () => {
    const server = await sharedMysql(version)
    const database = await server.createDatabase()
    await using client = await server.connect(database)
    const check = async (name: string, text: string) => {
      const literal = `HEX(CONVERT(${quoteLiteral(text)} USING utf8mb4))`
      const [row = {}] = await client.query(`SELECT ${literal} AS ${quoteName(name)}`)
      expect(row).toEqual({ [name]: Buffer.from(text).toString('hex').toUpperCase() })
    }
    for (const name of AWKWARD) await check(name, name)
    await fc.assert(fc.asyncProperty(names, texts, check), { numRuns: 200 })
  })

  test.skipIf(absent)('every word that the server reserves is quoted', async () => {
    const server = await sharedMysql(version)
    await using client = await server.connect('mysql')
    // MariaDB does not tell which of its words are reserved, so each is tried as a name.
    const filter = product === 'mysql' ? 'WHERE RESERVED = 1' : ''
    const rows = await client.query(`SELECT WORD AS word FROM information_schema.KEYWORDS ${filter}`)
    const words = rows.map(({ word }) => String(word)).filter((word) => /^[A-Z_0-9]+$/i.test(word))
    expect(words.length).toBeGreaterThan(100)
    const open = words.filter((word) => !KEYWORDS.has(word.toLowerCase()))
    const refused: string[] = []
    for (const word of open) {
      await client.query(`SELECT 1 FROM mysql.user ${word} LIMIT 0`).catch(() => refused.push(word))
    }
    expect(refused).toEqual([])
  })
})
