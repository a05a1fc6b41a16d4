import { createHash } from 'node:crypto'
import { OffbeatError } from '../model/error.ts'
import { forPerson } from '../model/fix.ts'
import type { TableName } from '../model/table.ts'

/** Kafka's limit for the length of a topic name. */
const LONGEST_TOPIC = 249
const HASH_LENGTH = 16

/**
 * `<source>.<schema>.<table>`, or `<source>.<database>.<table>` where the database has no schemas. In each part, a character outside `A-Z
 * a-z 0-9 _ -` is written as `_u` and its code point in hexadecimal. A name that is longer than Kafka allows is cut and ends in a hash.
 */
export function topicOf(source: string, table: TableName): string {
  return joined(source, table, (character) => `_u${(character.codePointAt(0) ?? 0).toString(16)}`)
}

/** The topic name in version 0.1.0, with `_` for each such character. Existing stores have messages in it. */
function formerTopicOf(source: string, table: TableName): string {
  return joined(source, table, () => '_')
}

function joined(source: string, table: TableName, written: (character: string) => string): string {
  const parts = [source, table.schema ?? table.database, table.name]
  const name = parts.map((part) => part.replace(/[^A-Za-z0-9_-]/gu, written)).join('.')
  if (name.length <= LONGEST_TOPIC) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH)
  return `${name.slice(0, LONGEST_TOPIC - HASH_LENGTH - 1)}_${hash}`
}

export interface RenamedTopic {
  readonly formerly: string
  readonly topic: string
}

/** The topics of one source. Two tables with the same topic name are rejected with an error that names both. */
export class TopicNames {
  readonly #source: string
  /** The table that uses each topic. */
  readonly #tables = new Map<string, string>()
  readonly #renamed = new Set<string>()

  constructor(source: string) {
    this.#source = source
  }

  of(table: TableName): string {
    const topic = topicOf(this.#source, table)
    const name = JSON.stringify([table.database, table.schema, table.name])
    const known = this.#tables.get(topic)
    if (known !== undefined && known !== name) throw topicClash(topic, known, name)
    this.#tables.set(topic, name)
    return topic
  }

  /**
   * `used`: the topics that have messages. Returns the rename once for each table whose existing messages are in the topic named by 0.1.0,
   * else null.
   */
  renamed(table: TableName, used: ReadonlySet<string>): RenamedTopic | null {
    const topic = this.of(table)
    const formerly = formerTopicOf(this.#source, table)
    if (formerly === topic || used.has(topic) || !used.has(formerly) || this.#tables.has(formerly)) return null
    if (this.#renamed.has(topic)) return null
    this.#renamed.add(topic)
    return { formerly, topic }
  }
}

function topicClash(topic: string, one: string, other: string): OffbeatError {
  const spell = (name: string) =>
    JSON.parse(name)
      .filter((each: string | null) => each !== null)
      .join('.')
  return new OffbeatError('TOPIC_CLASH', {
    message: `two tables would share the topic ${topic}`,
    found: `${spell(one)} and ${spell(other)}`,
    expected:
      'tables whose names still differ when each character outside A-Z a-z 0-9 _ - is written as _u and its code point',
    fix: [forPerson('rename one of them, exclude it with `exclude`, or read it with a separate source')],
    details: { topic },
  })
}
