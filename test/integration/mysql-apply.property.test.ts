import { randomInt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { ApplyingConsumer, difference, type SchemaStep } from '../support/applying-consumer.ts'
import { Dice } from '../support/dice.ts'
import { MessageEncoding } from '../support/encoded-messages.ts'
import { environment, rounds, soaking } from '../support/environment.ts'
import { mysqlMissing, sharedMysql, startMysql } from '../support/mysql.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'
import { RandomMysqlTable } from '../support/random-mysql-table.ts'
import { Reading, readingContext } from '../support/reading.ts'
import { seededRandom } from '../support/seeded-random.ts'

/** A failure names the seed of its table; with it in OFFBEAT_SEED that one alone is tried. */
const REPLAYED = environment['OFFBEAT_SEED']
const FIRST_SEED = Number(REPLAYED ?? (soaking ? Date.now() % 1_000_000_000 : 1))
const TABLES = REPLAYED === undefined ? rounds({ usual: 20, all: 100, soak: 5000 }) : 1
const CHANGES = 40
const LAST = 'the_end'

/** With less in the log, the columns come from the catalogue, and a table that changes before it is read stops the stream. */
const LEAST_METADATA = { mysql: 'MINIMAL', mariadb: 'NO_LOG' } as const

/** They leave generated columns out of the image of an update, whatever `binlog_row_image`, so a consumer has their former value. */
const WITHOUT_GENERATED: readonly string[] = ['mariadb-11.8']

const CASES = EVERY_MYSQL.flatMap((version) => {
  const least = LEAST_METADATA[mysqlServerKind(version).product]
  return [{ version, metadata: 'FULL' } as const, { version, metadata: least }]
})

describe.each(CASES)(
  'applied in order to an empty table, $version, binlog_row_metadata $metadata',
  ({ version, metadata }) => {
    test.skipIf(mysqlMissing(version) !== null)(
      'the messages of any table give the table, whatever the row image and the settings of the session',
      { timeout: soaking ? 10_800_000 : 300_000 },
      async () => {
        const { product } = mysqlServerKind(version)
        const isFull = metadata === 'FULL'
        const hasGenerated = !WITHOUT_GENERATED.includes(version)
        const settings = { binlog_row_metadata: metadata }
        await using server = isFull ? await sharedMysql(version) : await startMysql({ version, settings })
        const database = await server.createDatabase()
        await using session = await server.connect(database)
        await session.query("SET SESSION sql_mode = '', time_zone = '+00:00'")
        await session.query('CREATE TABLE step (name text, step text)')
        const config = mysqlSource(server, {
          tables: [`${database}.*`],
          truncates: true,
          heartbeat: { source: 'off' },
          serverId: randomInt(0x7000_0000, 0x7fff_ffff),
        })
        await using reading = new Reading(await openReader(config, readingContext), 'now', 'none')
        await reading.firstOffset()
        const encoding = new MessageEncoding('mysql')
        for (let seed = FIRST_SEED; seed < FIRST_SEED + TABLES; seed++) {
          const table = new RandomMysqlTable(`t${seed}`, product, new Dice(seededRandom(seed)), { alters: isFull })
          const statements = [table.create]
          for (let i = 0; i < CHANGES; i++) {
            const { sql, step } = table.change()
            statements.push(sql)
            if (step !== null) statements.push(`INSERT INTO step VALUES ('${table.name}', '${JSON.stringify(step)}')`)
          }
          // The copy has every row as the server sees it in the end.
          statements.push(`CREATE TABLE copy_${table.name} LIKE ${table.name}`, 'SET SESSION binlog_row_image = FULL')
          statements.push(table.copy)
          for (const sql of statements) await session.query(sql)
          await session.query(`INSERT INTO step VALUES ('${LAST}', '${seed}')`)
          const consumer = new ApplyingConsumer()
          const problems: string[] = []
          await reading.until(`the end of table ${seed}`, () => {
            const messages = encoding.take(reading.events.splice(0))
            for (const message of messages) {
              if (message.table !== 'step') problems.push(consumer.apply(message) ?? '')
              else if (message.after?.['name'] === LAST) return true
              else consumer.step([table.name], JSON.parse(String(message.after?.['step'])) as SchemaStep)
            }
            return false
          })
          const compared = (name: string) =>
            consumer.rows(name).map((row) => (hasGenerated ? row : { ...row, g: null }))
          const rows = difference(compared(table.name), compared(`copy_${table.name}`))
          const found = { problems: problems.filter((each) => each !== ''), ...rows }
          const about = `OFFBEAT_SEED=${seed} on ${version}\n${statements.join(';\n')}`
          expect(found, about).toEqual({ problems: [], missing: [], extra: [] })
        }
      },
    )
  },
)
