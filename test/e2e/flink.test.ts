import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, type TestContext, test } from 'vitest'
import { isRequired, thorough } from '../support/environment.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { openShop } from '../support/shop.ts'

const JAVA = 'java'
const MAVEN = 'mvn'
const FOLDER = fileURLToPath(new URL('../flink/', import.meta.url))
const LIBRARIES = fileURLToPath(new URL('../../node_modules/.cache/flink-1.20.1', import.meta.url))

/** Flink's own reader, fetched from Maven Central once. Skips the test, with the reason, where there is none. */
function libraries(context: TestContext): string {
  const isThere = existsSync(LIBRARIES) && readdirSync(LIBRARIES).some((name) => name.startsWith('flink-json'))
  const missing = isThere ? whyNot(JAVA, ['-version']) : (whyNot(JAVA, ['-version']) ?? whyNotFetched())
  if (missing !== null && isRequired('flink')) throw new Error(missing)
  if (missing !== null) context.skip(missing)
  return `${LIBRARIES}/*`
}

function whyNotFetched(): string | null {
  const goal = ['-q', '-B', '-f', `${FOLDER}pom.xml`, 'dependency:copy-dependencies', `-DoutputDirectory=${LIBRARIES}`]
  return whyNot(MAVEN, goal)
}

function whyNot(command: string, args: readonly string[]): string | null {
  const { error, status, stdout } = spawnSync(command, args, { encoding: 'utf8' })
  if (error !== undefined) return `Flink cannot be run: ${command}: ${error.message}`
  return status === 0 ? null : `Flink cannot be run: ${command} ended with ${status}: ${stdout.slice(-300)}`
}

function readByFlink(lines: string, classPath: string): string[] {
  const { stdout, stderr, status } = spawnSync(JAVA, ['-cp', classPath, `${FOLDER}ReadLines.java`], {
    input: lines,
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  return stdout.trimEnd().split('\n')
}

test.runIf(thorough || isRequired('flink'))(
  'Flink’s debezium-json reads the lines of standard output',
  async (context) => {
    const classPath = libraries(context)
    await using shop = await openShop(await sharedPostgresql())
    const cwd = shop.folder.path
    const source = { kind: 'postgresql', url: shop.url, slot: shop.slot, tables: ['sale'] }
    const envelope = { tombstonesOnDelete: true }
    const sink = { kind: 'stdout', format: 'value' }
    writeFileSync(
      shop.folder.file('offbeat.yaml'),
      JSON.stringify({ sources: { shop: { ...source, envelope } }, sink }),
    )
    await shop.sql(`CREATE TABLE sale (id bigint PRIMARY KEY, amount numeric(10,2), at timestamp, day date)`)
    const toHead = async (): Promise<string> => {
      const { code, stdout, stderr } = await runOffbeat(['run', '--until', 'head', '--quiet'], { cwd })
      expect(code, stderr).toBe(0)
      return stdout
    }
    expect(await toHead()).toBe('')
    await shop.sql(`INSERT INTO sale VALUES (9007199254740993, 12.5, '2024-02-29 13:14:15.123456', '2024-02-29')`)
    await shop.sql('UPDATE sale SET amount = 1')
    await shop.sql('ALTER TABLE sale REPLICA IDENTITY FULL')
    await shop.sql('UPDATE sale SET amount = 99999999.99, at = NULL')
    await shop.sql('UPDATE sale SET id = 3')
    await shop.sql('DELETE FROM sale')
    const rows = readByFlink(await toHead(), classPath)
    const [id, at, day] = ['9007199254740993', '2024-02-29T13:14:15.123456', '2024-02-29']
    expect(rows).toEqual([
      `+I ${id} 12.50 ${at} ${day}`,
      expect.stringMatching(/^error The "before" field of UPDATE message is null, .* REPLICA IDENTITY to FULL/u),
      `-U ${id} 1.00 ${at} ${day}`,
      `+U ${id} 99999999.99 null ${day}`,
      `-D ${id} 99999999.99 null ${day}`,
      `+I 3 99999999.99 null ${day}`,
      `-D 3 99999999.99 null ${day}`,
    ])
  },
)
