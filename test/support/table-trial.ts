import type { JsonObject } from '../../src/model/json.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { PgoutputDecoder } from '../../src/sources/postgresql/decoder.ts'
import { LogMemory } from '../../src/sources/postgresql/log-memory.ts'
import { ApplyingConsumer, difference } from './applying-consumer.ts'
import { type EncodedMessage, MessageEncoding, type Values } from './encoded-messages.ts'
import type { LogMessage, PgoutputLog } from './pgoutput-log.ts'
import { MARKER, type Marker, RandomTable } from './random-table.ts'
import { seededRandom } from './seeded-random.ts'

const TRANSACTIONS = 7
const MESSAGE = 0x4d
/** After them a key is unknown, and messages cannot be applied by it. */
const DOUBTS: readonly string[] = ['POSTGRES_KEY_UNCERTAIN', 'POSTGRES_PARTITION_IDENTITY']

/** When the log is read: at once, with restarts in between, or once after all is done, with and without a memory. */
const WAYS = ['live', 'restarts', 'late', 'forgetful'] as const

export interface Verdict {
  /** The key was not known, and a notice said so: nothing is asked of the messages. */
  readonly doubtful: boolean
  readonly problems: readonly string[]
}

/** One random table: what its messages make of an empty table is compared with it. */
export class TableTrial {
  readonly #log: PgoutputLog
  readonly #table: RandomTable
  readonly #random: () => number
  readonly #way: (typeof WAYS)[number]
  readonly #consumer = new ApplyingConsumer()
  readonly #encoding = new MessageEncoding()
  readonly #problems: string[] = []
  readonly #notices = new Set<string>()
  readonly #statements: string[] = []
  #decoder: PgoutputDecoder
  #memory: JsonObject = {}
  #key: readonly string[]
  /** The name that the table has at this point of the log. */
  #topic: string

  constructor(log: PgoutputLog, version: number, number: number, seed: number) {
    this.#log = log
    this.#random = seededRandom(seed)
    this.#table = new RandomTable(number, version, this.#random)
    this.#way = WAYS[Math.floor(this.#random() * WAYS.length)] ?? 'live'
    this.#key = RandomTable.messageKey(this.#table.state)
    this.#topic = this.#table.state.name
    this.#decoder = this.#newDecoder()
  }

  async run(): Promise<Verdict> {
    await this.#execute(this.#table.setup)
    if (this.#way !== 'forgetful') await this.#see()
    for (let i = 0; i < TRANSACTIONS; i++) {
      await this.#transact()
      if (this.#way === 'live' || this.#way === 'restarts' || (this.#way === 'late' && i === 1)) await this.#read()
    }
    await this.#read()
    const doubtful = this.#isUnknowable() || DOUBTS.some((code) => this.#notices.has(code))
    if (!doubtful && !this.#notices.has('POSTGRES_KEY_INCOMPLETE')) await this.#compare()
    await this.#cleanUp()
    const problems = this.#problems.length === 0 ? [] : [`read ${this.#way}`, ...this.#problems, ...this.#statements]
    return { doubtful, problems: doubtful ? [] : problems }
  }

  /** Nothing shows that a table which is read for the first time had a primary key earlier. */
  #isUnknowable(): boolean {
    return this.#way === 'forgetful' && this.#table.state.key.length === 0
  }

  /** The connector has read rows of the table as it is made. */
  async #see(): Promise<void> {
    await this.#execute(this.#table.firstRows())
    await this.#read()
  }

  async #execute(sql: string): Promise<void> {
    this.#statements.push(sql)
    await this.#log.session.query(sql)
  }

  /** What the server refuses is as if it had not been tried. */
  async #transact(): Promise<void> {
    const { sql, after } = this.#table.transaction()
    try {
      await this.#execute(sql)
      this.#table.state = after
    } catch (error) {
      await this.#log.session.query('ROLLBACK')
      this.#statements.push(`-- refused: ${String(error)}`)
    }
  }

  async #read(): Promise<void> {
    const restart = this.#way === 'restarts' || this.#way === 'late'
    if (restart) this.#decoder = this.#newDecoder()
    for (const message of await this.#log.messages()) {
      const step = markerOf(message)
      if (step !== null) this.#step(step)
      const events: LogEvent[] = []
      await this.#decoder.decode(message.data, 0, message.data.length, message.lsn, events)
      for (const event of events) {
        if (event.type === 'notice') this.#notices.add(event.code)
        if (event.type === 'commit') this.#memory = event.offset.memory
      }
      for (const encoded of this.#encoding.take(events)) this.#take(encoded)
    }
  }

  #newDecoder(): PgoutputDecoder {
    return this.#log.decoder({ memory: new LogMemory(JSON.parse(JSON.stringify(this.#memory))), truncates: true })
  }

  #step({ step, key }: Marker): void {
    const { isPartitioned, viaRoot, leaves } = this.#table
    this.#consumer.step(isPartitioned && !viaRoot ? leaves : [this.#topic], step)
    this.#topic = step.renameTable?.[1] ?? this.#topic
    this.#key = key
  }

  #take(message: EncodedMessage): void {
    const key = message.key === null ? [] : Object.keys(message.key)
    const right = message.op === 't' ? [] : this.#key
    if (key.toSorted().join() !== right.toSorted().join()) {
      this.#problems.push(`the key (${key.join()}) instead of (${right.join()}): ${brief(message)}`)
    }
    const wrong = this.#consumer.apply(message)
    if (wrong !== null && !this.#notices.has('POSTGRES_KEY_INCOMPLETE'))
      this.#problems.push(`${wrong}: ${brief(message)}`)
  }

  async #compare(): Promise<void> {
    const columns = RandomTable.published(this.#table.state)
    for (const topic of this.#table.topics) {
      const rows = await this.#log.session.query(
        `SELECT to_jsonb(r) AS row FROM (SELECT ${columns.join(', ')} FROM ${topic}) r`,
      )
      const actual = rows.map(({ row }) => Object(row) satisfies Values)
      const { missing, extra } = difference(this.#consumer.rows(topic), actual)
      if (missing.length + extra.length > 0) {
        this.#problems.push(`${topic} lacks ${JSON.stringify(missing)} and has ${JSON.stringify(extra)} too many`)
      }
    }
  }

  async #cleanUp(): Promise<void> {
    const { name } = this.#table.state
    await this.#log.session.query(`DROP TABLE ${name}`)
    await this.#log.messages()
  }
}

function brief(message: EncodedMessage): string {
  return JSON.stringify(message).replaceAll(/(\d)\1{20,}/g, '$1...')
}

/** null: another kind of message. */
function markerOf({ data }: LogMessage): Marker | null {
  if (data[0] !== MESSAGE) return null
  const end = data.indexOf(0, 10)
  if (data.toString('utf8', 10, end) !== MARKER) return null
  const marker: Marker = JSON.parse(data.toString('utf8', end + 5))
  return marker
}
