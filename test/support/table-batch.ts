import type { JsonObject } from '../../src/model/json.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import { readKeys } from '../../src/sources/postgresql/checks/evidence/key-evidence.ts'
import type { PgoutputDecoder } from '../../src/sources/postgresql/decode/decoder.ts'
import { LogMemory } from '../../src/sources/postgresql/read/log-memory.ts'
import { ApplyingConsumer } from './applying-consumer.ts'
import { type EncodedMessage, MessageEncoding, type Values } from './encoded-messages.ts'
import type { LogMessage, PgoutputLog } from './pgoutput-log.ts'
import { MARKER, type Marker } from './random-change.ts'
import type { PublicationTraits } from './random-table.ts'
import { seededRandom } from './seeded-random.ts'
import { TableTrial } from './table-trial.ts'

const TRANSACTIONS = 7
const MESSAGE = 0x4d

/** When the log is read: immediately, with restarts in between, or once at the end, with or without the stored memory. */
const WAYS = ['live', 'restarts', 'late', 'forgetful'] as const

export interface BatchVerdict {
  /** The number of tables with an unknown key, which a notice or the doctor reported. Their messages are not checked. */
  readonly doubtful: number
  /** For each table that differs from what its messages produce: how it was read, what is wrong, and all statements. */
  readonly problems: readonly (readonly string[])[]
}

/**
 * Random tables of one publication. Their log is read in one way, the messages are applied to empty tables, and the result is compared with
 * the server's tables.
 */
export class TableBatch {
  readonly #log: PgoutputLog
  readonly #traits: PublicationTraits
  readonly #way: (typeof WAYS)[number]
  readonly #consumer = new ApplyingConsumer()
  readonly #encoding = new MessageEncoding()
  readonly #trials: readonly TableTrial[]
  #decoder: PgoutputDecoder
  #memory: JsonObject = {}

  /** `size`: the number of tables. The seed determines everything. */
  constructor(log: PgoutputLog, about: { readonly version: number; readonly seed: number; readonly size: number }) {
    const { version, seed, size } = about
    const random = seededRandom(seed)
    this.#log = log
    this.#way = WAYS[Math.floor(random() * WAYS.length)] ?? 'live'
    this.#traits = { version, viaRoot: random() < 0.6, generated: version >= 18 && random() < 0.5 }
    this.#trials = Array.from({ length: size }, (_, i) => new TableTrial(i, this.#traits, random, this.#consumer))
    this.#decoder = this.#newDecoder()
  }

  async run(): Promise<BatchVerdict> {
    await this.#setUp()
    for (let i = 0; i < TRANSACTIONS; i++) {
      for (const trial of this.#trials) await this.#transact(trial)
      if (this.#way === 'live' || this.#way === 'restarts' || (this.#way === 'late' && i === 1)) await this.#read()
    }
    await this.#read()
    const seen = this.#way === 'forgetful' ? 'late' : 'early'
    const certain = this.#trials.filter((trial) => !trial.isDoubtful(seen))
    await this.#compare(certain)
    await this.#cleanUp()
    const problems = certain.map(({ report }) => report).filter((report) => report.length > 0)
    const { viaRoot, generated } = this.#traits
    const how = `read ${this.#way}, via root: ${viaRoot}, generated columns published: ${generated}`
    return {
      doubtful: this.#trials.length - certain.length,
      problems: problems.map((report) => [how, ...report]),
    }
  }

  async #setUp(): Promise<void> {
    const { viaRoot, generated, version } = this.#traits
    const publish = version >= 18 ? `, publish_generated_columns = ${generated ? 'stored' : 'none'}` : ''
    const tables = this.#trials.map(({ table }) => table)
    await this.#log.session.query(
      [
        ...tables.flatMap(({ setup }) => setup),
        `ALTER PUBLICATION pub SET (publish_via_partition_root = ${viaRoot}${publish})`,
        `ALTER PUBLICATION pub SET TABLE ${tables.map(({ entry }) => entry).join(', ')}`,
      ].join('; '),
    )
    if (this.#way === 'forgetful') return
    // Let the connector read rows of the tables in their initial state.
    for (const table of tables) await this.#log.session.query(table.firstRows())
    await this.#read()
  }

  async #transact(trial: TableTrial): Promise<void> {
    const swaps = await trial.transact(this.#log.session)
    if (!swaps) return
    const warned = await readKeys({ query: (sql) => this.#log.query(sql, []) }, 'pub', {})
    const topics = trial.table.topics(trial.state)
    const isWarned = warned.some(({ kind, name }) => kind === 'deferrable' && topics.includes(name))
    if (isWarned) trial.excuse()
  }

  async #read(): Promise<void> {
    if (this.#way === 'restarts' || this.#way === 'late') this.#decoder = this.#newDecoder()
    for (const message of await this.#log.messages()) {
      const marker = markerOf(message)
      if (marker !== null) this.#trials[marker.number]?.step(marker)
      const events: LogEvent[] = []
      await this.#decoder.decode(message.data, 0, message.data.length, message.lsn, events)
      for (const event of events) {
        if (event.type === 'notice') this.#trialOf(String(event.details['table'])).notice(event.code)
        if (event.type === 'commit') this.#memory = event.offset.memory
      }
      for (const encoded of this.#encoding.take(events)) this.#take(encoded)
    }
  }

  #newDecoder(): PgoutputDecoder {
    return this.#log.decoder({ memory: new LogMemory(JSON.parse(JSON.stringify(this.#memory))), truncates: true })
  }

  #take(message: EncodedMessage): void {
    this.#trialOf(message.table).take(message)
  }

  /** Finds the trial by a current or former name of its table or of a partition. */
  #trialOf(name: string): TableTrial {
    const trial = this.#trials[Number(/\bc(\d+)/u.exec(name)?.[1] ?? -1)]
    if (trial === undefined) throw new Error(`no table of the batch: ${name}`)
    return trial
  }

  async #compare(trials: readonly TableTrial[]): Promise<void> {
    const queries = trials.flatMap(({ table, state }) =>
      table.topics(state).map((topic) => {
        return `SELECT '${topic}' AS topic, to_jsonb(r) AS row FROM (${table.publishedRows(topic, state)}) r`
      }),
    )
    if (queries.length === 0) return
    const found = Map.groupBy(await this.#log.session.query(queries.join(' UNION ALL ')), ({ topic }) => String(topic))
    const rows = new Map(
      [...found].map(([topic, each]) => [topic, each.map(({ row }) => Object(row) satisfies Values)]),
    )
    for (const trial of trials) trial.compare(rows)
  }

  async #cleanUp(): Promise<void> {
    await this.#log.session.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    await this.#log.messages()
  }
}

/** null: the message is not a marker. */
function markerOf({ data }: LogMessage): Marker | null {
  if (data[0] !== MESSAGE) return null
  const end = data.indexOf(0, 10)
  if (data.toString('utf8', 10, end) !== MARKER) return null
  const marker: Marker = JSON.parse(data.toString('utf8', end + 5))
  return marker
}
