import { type ApplyingConsumer, difference } from './applying-consumer.ts'
import { Dice } from './dice.ts'
import type { EncodedMessage, Values } from './encoded-messages.ts'
import type { PostgresClient } from './postgresql-query.ts'
import { type Marker, RandomChange } from './random-change.ts'
import { messageKey, type PublicationTraits, RandomTable, type TableState } from './random-table.ts'

/** After one of these notices the key is unknown, and messages cannot be applied by key. */
const DOUBTS: readonly string[] = ['POSTGRES_KEY_UNCERTAIN', 'POSTGRES_PARTITION_IDENTITY']

/** One random table: its changes, and what a consumer builds from its messages. */
export class TableTrial {
  readonly table: RandomTable
  /** The table's state on the server. */
  state: TableState
  readonly #changes: RandomChange
  readonly #consumer: ApplyingConsumer
  readonly #problems: string[] = []
  readonly #notices = new Set<string>()
  readonly #statements: string[]
  #excuse = false
  /** The log once contained the table's key and no longer does. */
  #hasReportedKey = false
  /** It has a primary key, but no row with this key has been read yet. */
  #isKeyNew = false
  /** A primary key was dropped. */
  #lostKey = false
  /** A primary key was dropped that the reader cannot know: no row with it had been read, or none since the log stopped containing it. */
  #lostUnknownKey = false
  /** The key and the topics at this point in the log. */
  #key: readonly string[]
  #topics: readonly string[]

  constructor(number: number, traits: PublicationTraits, random: () => number, consumer: ApplyingConsumer) {
    const dice = new Dice(random)
    this.table = new RandomTable(number, traits, dice)
    this.state = this.table.state
    this.#changes = new RandomChange(this.table, dice)
    this.#consumer = consumer
    this.#key = messageKey(this.state)
    this.#topics = this.table.topics(this.state)
    this.#statements = [...this.table.setup, `-- published as ${this.table.entry}`]
  }

  /** Runs a random transaction. If the server refuses it, it counts as not tried. Returns whether rows swapped keys. */
  async transact(session: PostgresClient): Promise<boolean> {
    const { sql, states, swaps } = this.#changes.transaction(this.state)
    this.#statements.push(sql)
    try {
      await session.query(sql)
      for (const state of states) this.#follow(state)
      return swaps
    } catch (error) {
      await session.query('ROLLBACK')
      this.#statements.push(`-- refused: ${String(error)}`)
      return false
    }
  }

  #follow(after: TableState): void {
    const [hadKey, hasKey] = [this.state.key.length > 0, after.key.length > 0]
    this.#hasReportedKey ||= this.state.identity !== after.identity
    if (hadKey && !hasKey) {
      this.#lostKey = true
      this.#lostUnknownKey ||= this.#isKeyNew || this.#hasReportedKey
    }
    this.#isKeyNew = hasKey && (this.#isKeyNew || !hadKey)
    this.state = after
  }

  /** From here on the messages are not checked. */
  excuse(): void {
    this.#excuse = true
  }

  complain(problem: string): void {
    this.#problems.push(problem)
  }

  notice(code: string): void {
    this.#notices.add(code)
  }

  step({ step, key, topics }: Marker): void {
    this.#consumer.step(this.#topics, step)
    this.#topics = topics
    this.#key = key
  }

  take(message: EncodedMessage): void {
    if (!this.#topics.includes(message.table)) this.complain(`under ${message.table}: ${brief(message)}`)
    const key = message.key === null ? [] : Object.keys(message.key)
    const right = message.op === 't' ? [] : this.#key
    if (key.toSorted().join() !== right.toSorted().join())
      this.complain(`the key (${key.join()}) instead of (${right.join()}): ${brief(message)}`)
    if (right.length > 0) this.#isKeyNew = false
    const wrong = this.#consumer.apply(message)
    if (wrong !== null && !this.#hasNoKey) this.complain(`${wrong}: ${brief(message)}`)
  }

  /** `rows`: the server's rows, by topic. */
  compare(rows: ReadonlyMap<string, readonly Values[]>): void {
    if (this.#hasNoKey) return
    for (const topic of this.#topics) {
      const { missing, extra } = difference(this.#consumer.rows(topic), rows.get(topic) ?? [])
      if (missing.length + extra.length > 0)
        this.complain(`${topic} lacks ${JSON.stringify(missing)} and has ${JSON.stringify(extra)} too many`)
    }
  }

  /**
   * Whether the key can be unknown. If `firstSeen` is late, the reader cannot know three things: that a table which is read for the first
   * time had a primary key earlier, that one had a primary key that the log contained until its replica identity changed, and that one got
   * a key and lost it before the rows in between were read.
   */
  isDoubtful(firstSeen: 'early' | 'late'): boolean {
    const isUnknowable = firstSeen === 'late' ? this.#lostKey : this.#lostUnknownKey
    return this.#excuse || isUnknowable || DOUBTS.some((code) => this.#notices.has(code))
  }

  /** The problems and the statements that led to them. Empty: there are none. */
  get report(): readonly string[] {
    return this.#problems.length === 0 ? [] : [...this.#problems, ...this.#statements]
  }

  get #hasNoKey(): boolean {
    return this.#notices.has('POSTGRES_KEY_INCOMPLETE')
  }
}

function brief(message: EncodedMessage): string {
  return JSON.stringify(message).replaceAll(/(\d)\1{20,}/g, '$1...')
}
