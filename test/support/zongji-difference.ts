import type { ChangeEvent } from '../../src/model/log-event.ts'
import { type Row, SPAN_NULL, SPAN_UNAVAILABLE, type TableVersion } from '../../src/model/table.ts'
import { valueText } from './binlog-reading.ts'
import { exactJson, parseExactly } from './exact-json.ts'
import type { ZongjiRow } from './zongji.ts'

/** One value of both, where they differ. */
interface Pair {
  readonly type: string
  /** The JSON of our message. `?`: the log left the value out. */
  readonly ours: string
  readonly theirs: unknown
}

/** What zongji is known to read wrongly, in words. The server agrees with us in each: mysql-types.test.ts compares every type with it. */
const KNOWN: readonly (readonly [error: string, applies: (pair: Pair) => boolean])[] = [
  ['a value that the log left out is null', ({ ours, theirs }) => ours === '?' && theirs === null],
  ['the empty value of an enum is undefined', ({ type, theirs }) => type.startsWith('enum') && theirs === undefined],
  [
    'a decimal in JSON is a string',
    ({ type, ours, theirs }) =>
      type === 'json' && normalized(unquoted(String(theirs))) === normalized(String(JSON.parse(ours))),
  ],
  [
    'a uuid or an address of MariaDB is its bytes',
    ({ type, theirs }) => /^(uuid|inet)/u.test(type) && Buffer.isBuffer(theirs),
  ],
]

export interface Comparison {
  /** Differences that are not known, in words. */
  readonly wrong: readonly string[]
  /** The known errors that were met. */
  readonly known: ReadonlySet<string>
}

/** Compares our changes with zongji's rows, one by one. */
export function compareWithZongji(changes: readonly ChangeEvent[], rows: readonly ZongjiRow[]): Comparison {
  const pairs = changes.flatMap((change, i) => pairsOf(change, rows[i]))
  const known = new Set<string>()
  const wrong = pairs.flatMap((pair) => {
    if (typeof pair === 'string') return [pair]
    const error = KNOWN.find(([, applies]) => applies(pair))?.[0]
    if (error !== undefined) known.add(error)
    return error === undefined ? [`${pair.type}: ${pair.ours} and not ${shown(pair.theirs)}`] : []
  })
  return { wrong, known }
}

function pairsOf({ op, table, before, after }: ChangeEvent, row: ZongjiRow | undefined): (Pair | string)[] {
  if (row?.op !== op || row.table !== table.name) return [`${op} ${table.name} and not ${row?.op} ${row?.table}`]
  return [...imagePairs(table, before, row.before), ...imagePairs(table, after, row.after)]
}

function imagePairs(table: TableVersion, row: Row | null, values: Readonly<Record<string, unknown>> | null): Pair[] {
  if (row === null || values === null) return []
  return table.columns.flatMap(({ name, type }, i) => {
    const start = row.spans[2 * i] ?? SPAN_NULL
    const theirs = values[name]
    const ours = valueText(table, row, i)
    if (start === SPAN_NULL) return theirs === null ? [] : [{ type, ours, theirs }]
    if (start === SPAN_UNAVAILABLE) return [{ type, ours, theirs }]
    const bytes = Buffer.from(row.bytes.subarray(start, row.spans[2 * i + 1] ?? start))
    return isSame(type, ours, bytes, theirs) ? [] : [{ type, ours, theirs }]
  })
}

function isSame(type: string, ours: string, bytes: Buffer, theirs: unknown): boolean {
  if (Buffer.isBuffer(theirs))
    return theirs.equals(/^bit/u.test(type) ? bytes : Buffer.from(JSON.parse(ours), 'base64'))
  if (/^float/u.test(type)) return Math.fround(Number(ours)) === Math.fround(Number(theirs))
  if (/^double/u.test(type)) return Number(ours) === theirs
  const content: unknown = JSON.parse(ours)
  if (type === 'json') return normalized(String(theirs)) === normalized(String(content))
  const text = typeof content === 'string' ? content : ours
  if (/^(datetime|timestamp)/u.test(type)) return text.replace('T', ' ').replace(/Z$/u, '') === theirs
  return text === String(theirs)
}

/** Without the blanks, and with every number as JavaScript writes it. */
function normalized(json: string): string {
  return exactJson(parseExactly(json))
}

function unquoted(json: string): string {
  return json.replaceAll(/"(-?\d+\.\d+)"/gu, '$1')
}

function shown(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
