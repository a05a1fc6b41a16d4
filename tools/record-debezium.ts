import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type LocalPostgresql, startLocalPostgresql } from '../src/local-server/postgresql/local-postgresql.ts'
import {
  DEBEZIUM_RUNS,
  debeziumChanges,
  debeziumTables,
  RECORDED,
  type RecordedList,
  type RecordedValue,
} from '../test/support/debezium-values.ts'
import { type Exact, exactJson, memberOf, parseExactly } from '../test/support/exact-json.ts'
import { connectTo } from '../test/support/postgresql-query.ts'

/**
 * Records what the real Debezium writes for the values of test/support/debezium-values.ts, in each mode, into
 * test/fixtures/debezium-values.json. Run: node tools/record-debezium.ts. It needs Java 17 and Maven, which fetches Debezium from Maven
 * Central.
 */
const JAVA = 'java'
const MAVEN = 'mvn'
const FOLDER = fileURLToPath(new URL('../test/debezium/', import.meta.url))
const LIBRARIES = fileURLToPath(new URL('../node_modules/.cache/debezium', import.meta.url))
const FIXTURE = fileURLToPath(new URL('../test/fixtures/debezium-values.json', import.meta.url))
const ABOUT =
  'What Debezium writes for each value in each mode, in JSON without schemas. A mode that is missing: Debezium leaves the column out. Written by tools/record-debezium.ts.'

function fetchDebezium(): void {
  if (existsSync(LIBRARIES) && readdirSync(LIBRARIES).some((name) => name.startsWith('debezium-embedded'))) return
  const goal = ['-q', '-B', '-f', `${FOLDER}pom.xml`, 'dependency:copy-dependencies', `-DoutputDirectory=${LIBRARIES}`]
  const { status } = spawnSync(MAVEN, [...goal, '-DincludeScope=runtime'], { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error(`mvn ended with ${status}`)
}

async function fillTables(server: LocalPostgresql): Promise<string> {
  await using session = await connectTo(server.url('postgres'))
  await session.query(debeziumTables())
  await session.query('CREATE PUBLICATION p FOR ALL TABLES')
  for (const i of DEBEZIUM_RUNS.keys())
    await session.query(`SELECT pg_create_logical_replication_slot('s_${i}', 'pgoutput')`)
  for (const { sql, params } of debeziumChanges()) await session.query(sql, params)
  const [version] = await session.query('SHOW server_version')
  return String(version?.['server_version'])
}

function properties(server: LocalPostgresql, i: number): string {
  const modes = DEBEZIUM_RUNS[i]
  const settings = {
    name: String(i),
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'offset.storage': 'org.apache.kafka.connect.storage.MemoryOffsetBackingStore',
    'offset.flush.interval.ms': 0,
    'converter.schemas.enable': false,
    'database.hostname': server.host,
    'database.port': server.port,
    'database.user': server.user,
    'database.password': server.password,
    'database.dbname': 'postgres',
    'topic.prefix': 'd',
    'plugin.name': 'pgoutput',
    'slot.name': `s_${i}`,
    'publication.name': 'p',
    'publication.autocreate.mode': 'disabled',
    'snapshot.mode': 'no_data',
    'tombstones.on.delete': false,
    'time.precision.mode': modes?.timePrecisionMode,
    'interval.handling.mode': modes?.intervalHandlingMode,
    'binary.handling.mode': modes?.binaryHandlingMode,
    'hstore.handling.mode': modes?.hstoreHandlingMode,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** The records of all runs, one on each line: `{"run", "topic", "key", "value"}`. */
async function runDebezium(server: LocalPostgresql): Promise<Exact[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'offbeat-debezium-'))
  try {
    const files = DEBEZIUM_RUNS.map((_, i) => join(scratch, `${i}.properties`))
    for (const [i, file] of files.entries()) writeFileSync(file, properties(server, i), { mode: 0o600 })
    const flags = ['-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', `${LIBRARIES}/*`]
    const java = spawn(JAVA, [...flags, `${FOLDER}Record.java`, ...files], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(java, 'exit')
    const records: Exact[] = []
    for await (const line of createInterface(java.stdout)) if (line.startsWith('{')) records.push(parseExactly(line))
    const [code] = await ended
    if (code !== 0) throw new Error(`Debezium ended with ${code}`)
    return records
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

/** One line of the fixture: the value as each mode of its option writes it. */
function line(records: readonly Exact[], { type, option, value, table, op, at: [column, holds] }: RecordedValue) {
  const modes: Record<string, Exact> = {}
  for (const record of records) {
    const change = memberOf(record, 'value')
    const after = memberOf(change, 'after')
    const isOfTable = memberOf(record, 'topic') === `d.public.${table}` && memberOf(change, 'op') === op
    const written = memberOf(after, 'v')
    if (!isOfTable || memberOf(after, column) !== holds || written === undefined) continue
    const mode = DEBEZIUM_RUNS[Number(memberOf(record, 'run'))]?.[option] ?? ''
    if (modes[mode] !== undefined && exactJson(modes[mode]) !== exactJson(written))
      throw new Error(`${type} ${value}: the mode ${mode} does not decide alone how it is written`)
    modes[mode] = written
  }
  return exactJson({ type, option, value, modes })
}

function fixture(records: readonly Exact[], postgresql: string): string {
  const debezium = /<debezium>(.*)<\/debezium>/.exec(readFileSync(`${FOLDER}pom.xml`, 'utf8'))?.[1] ?? ''
  const head = `"about":${JSON.stringify(ABOUT)},\n"debezium":"${debezium}",\n"postgresql":"${postgresql}"`
  const list = (name: RecordedList) =>
    `"${name}":[\n${RECORDED[name].map((value) => line(records, value)).join(',\n')}\n]`
  return `{${head},\n${list('values')},\n${list('keys')},\n${list('unavailable')}}\n`
}

fetchDebezium()
await using server = await startLocalPostgresql({ env: process.env, version: 18, label: 'debezium' })
const version = await fillTables(server)
writeFileSync(FIXTURE, fixture(await runDebezium(server), version))
