import { exactBytesInWords } from '../../model/figures.ts'
import { HEARTBEAT_TOPIC } from '../../model/message.ts'
import { printable } from '../../model/printable.ts'
import type { StoredMessage } from '../../sqlite/message-reader.ts'
import { documentColumns, type FieldChange } from './document-columns.ts'
import { type ExactJson, type ExactObject, exactText, isExactObject, parseExactJson } from './exact-json.ts'

export type RowOp = 'insert' | 'update' | 'delete' | 'truncate' | 'tombstone' | 'heartbeat' | 'message'

/** The parts of a message that its short line shows. Every text is printable. */
export interface RowSummary {
  /** `schema.table`, or the topic if the value does not name them. */
  readonly table: string
  readonly op: RowOp
  readonly transaction: string | null
  /** `id=7`; empty without a key. */
  readonly key: string
  /** `amount="12.50"`, or `amount="12.50"→"13.00"` if the old value is known. The columns of the key are omitted. */
  readonly columns: readonly string[]
}

const OPS: ReadonlyMap<ExactJson | undefined, RowOp> = new Map([
  ['c', 'insert'],
  ['u', 'update'],
  ['d', 'delete'],
  ['t', 'truncate'],
])
/** The encoder's placeholder for a value that the log omits because it did not change. */
const UNAVAILABLE = '__debezium_unavailable_value'
/** No terminal shows more of a single value. */
const LONGEST_TEXT = 1000

export function summaryOf(message: Pick<StoredMessage, 'topic' | 'key' | 'value'>): RowSummary {
  const { topic, key, value } = message
  const keyJson = key === null ? null : (parseExactJson(key) ?? key)
  const about = { table: printable(topic), transaction: null, key: keyText(keyJson) }
  if (value === null) return { ...about, op: 'tombstone', columns: [] }
  if (typeof value !== 'string')
    return { ...about, op: 'message', columns: [`a value of ${exactBytesInWords(value.length)}`] }
  const json = parseExactJson(value)
  if (topic === HEARTBEAT_TOPIC) return heartbeat(json)
  const op = isExactObject(json) ? OPS.get(json['op']) : undefined
  if (!isExactObject(json) || op === undefined) return { ...about, op: 'message', columns: [shortText(value)] }
  return {
    ...about,
    op,
    table: tableOf(json['source']) ?? about.table,
    transaction: transactionOf(json['source']),
    columns: columnsOf(op, json, keyJson),
  }
}

function heartbeat(value: ExactJson | undefined): RowSummary {
  const facts = isExactObject(value) ? value : {}
  const columns = ['offset', 'verdict'].flatMap((name) => {
    const fact = facts[name]
    return typeof fact === 'string' ? [`${name} ${printable(fact)}`] : []
  })
  return { table: 'heartbeat', op: 'heartbeat', transaction: null, key: '', columns }
}

function tableOf(source: ExactJson | undefined): string | null {
  if (!isExactObject(source)) return null
  const { schema, db, table } = source
  const over = typeof schema === 'string' ? schema : db
  return typeof table === 'string' && typeof over === 'string' ? printable(`${over}.${table}`) : null
}

function transactionOf(source: ExactJson | undefined): string | null {
  const id = isExactObject(source) ? (source['txId'] ?? null) : null
  if (id === null) return null
  return printable(typeof id === 'string' ? id : exactText(id))
}

function keyText(key: ExactJson): string {
  if (key === null) return ''
  if (!isExactObject(key)) return valueText(key)
  return Object.entries(key)
    .map(([name, value]) => columnText(name, value))
    .join(' ')
}

function columnsOf(op: RowOp, value: ExactObject, key: ExactJson): readonly string[] {
  const { before, after } = value
  const fields = documentColumns(value)
  if (fields !== null) return fields.flatMap(fieldText)
  const inKey = isExactObject(key) ? key : {}
  const row = op === 'delete' ? before : after
  if (!isExactObject(row)) return []
  const shown = Object.entries(row).filter(([name, each]) => !Object.hasOwn(inKey, name) && each !== UNAVAILABLE)
  if (op !== 'update' || !isExactObject(before)) return shown.map(([name, each]) => columnText(name, each))
  return shown.flatMap(([name, each]) => changeText(name, Object.hasOwn(before, name) ? before[name] : undefined, each))
}

/** An old row has all columns, only those of the replica identity, or none. Without the old value, only the new one is shown. */
function changeText(name: string, old: ExactJson | undefined, now: ExactJson): readonly string[] {
  if (old === undefined) return [columnText(name, now)]
  return exactText(old) === exactText(now) ? [] : [`${columnText(name, old)}→${valueText(now)}`]
}

function fieldText({ name, old, now }: FieldChange): readonly string[] {
  if ('value' in now) return changeText(name, old, now.value)
  return [`${old === undefined ? nameText(name) : columnText(name, old)}→(${now.words})`]
}

function columnText(name: string, value: ExactJson): string {
  return `${nameText(name)}=${valueText(value)}`
}

/** As it is if it is a name, or the path of a field within a document, such as `lines.0.price`. */
function nameText(name: string): string {
  const plain = /^[\p{L}_][\p{L}\p{N}_$]*(?:\.[\p{L}\p{N}_$]+)*$/u.test(name)
  return plain ? name : printable(JSON.stringify(name))
}

function valueText(value: ExactJson): string {
  if (typeof value !== 'string') return shortText(exactText(value))
  return printable(JSON.stringify(value.slice(0, LONGEST_TEXT)))
}

function shortText(json: string): string {
  return printable(json.slice(0, LONGEST_TEXT))
}
