import { createHash } from 'node:crypto'
import { OffbeatError } from '../model/error.ts'
import type { TableVersion } from '../model/table.ts'

/** The internal topic of layer 1, key = the source's name. */
export const HEARTBEAT_TOPIC = '__offbeat_heartbeat'

/** What Kafka allows for a topic's name. */
const LONGEST_TOPIC = 249
const HASH_LENGTH = 16

function part(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/gu, '_')
}

/** `<source>.<schema>.<table>`, or `<source>.<database>.<table>` where the database has no schemas. */
export function topicOf(source: string, table: Pick<TableVersion, 'database' | 'schema' | 'name'>): string {
  const name = [source, table.schema ?? table.database, table.name].map(part).join('.')
  if (name.length <= LONGEST_TOPIC) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH)
  return `${name.slice(0, LONGEST_TOPIC - HASH_LENGTH - 1)}_${hash}`
}

/** The topics of one source. Two tables whose names come out as one topic are refused, both named. */
export class TopicNames {
  readonly #source: string
  readonly #tables = new Map<string, string>()

  constructor(source: string) {
    this.#source = source
  }

  of(table: Pick<TableVersion, 'database' | 'schema' | 'name'>): string {
    const topic = topicOf(this.#source, table)
    const name = JSON.stringify([table.database, table.schema, table.name])
    const known = this.#tables.get(topic)
    if (known !== undefined && known !== name) throw topicClash(topic, known, name)
    this.#tables.set(topic, name)
    return topic
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
    expected: 'tables whose names differ also when characters outside A-Z a-z 0-9 _ - are written as _',
    fix: ['leave one of them out with `exclude`, or read it with a source of its own'],
    details: { topic },
  })
}
