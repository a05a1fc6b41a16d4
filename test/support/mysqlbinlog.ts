import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ChangeEvent } from '../../src/model/log-event.ts'
import { type Row, SPAN_NULL, SPAN_UNAVAILABLE, type TableVersion } from '../../src/model/table.ts'
import { fetchedTree } from '../../tools/fetch/fetched-server.ts'
import { valueText } from './binlog-reading.ts'
import { environment } from './environment.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A value as `mysqlbinlog -vv` or `mariadb-binlog -vv` prints it. */
interface PrintedValue {
  /** Such as `INT` or `VARSTRING`. */
  readonly type: string
  readonly text: string
}

/** The values by column, from 0 on. A column that the image does not have is missing. */
type PrintedImage = ReadonlyMap<number, PrintedValue>

export interface PrintedRow {
  readonly op: 'c' | 'u' | 'd'
  /** `database.table` */
  readonly table: string
  readonly before: PrintedImage | null
  readonly after: PrintedImage | null
}

const OPS: ReadonlyMap<string, PrintedRow['op']> = new Map([
  ['INSERT INTO', 'c'],
  ['UPDATE', 'u'],
  ['DELETE FROM', 'd'],
])
const ROW = /^### (INSERT INTO|UPDATE|DELETE FROM) `(.*)`\.`(.*)`$/u
const VALUE = /^### {3}@(\d+)=(.*?)(?: \/\* (\w+).*\*\/)?$/u

/** The rows of a log file as the product's own program reads them, and whether it read the file to its end. */
export async function printedRows(
  program: string,
  path: string,
): Promise<{ readonly rows: readonly PrintedRow[]; readonly isWhole: boolean }> {
  // Files of LOAD DATA are written, too.
  using folder = temporaryFolder()
  const args = ['--no-defaults', '-vv', '--base64-output=DECODE-ROWS', `--local-load=${folder.path}`, path]
  // Values are bytes in any encoding.
  const options = { maxBuffer: 1024 * 1024 * 1024, encoding: 'latin1' } as const
  const { stdout, isWhole } = await promisify(execFile)(program, args, options).then(
    ({ stdout: text }) => ({ stdout: text, isWhole: true }),
    (error: unknown) => ({ stdout: textOf(error), isWhole: false }),
  )
  return { rows: parsed(stdout), isWhole }
}

/** What the program printed before it ended with an error. Throws if it did not run, or was ended. */
function textOf(error: unknown): string {
  const hasEnded = error instanceof Error && 'code' in error && typeof error.code === 'number'
  if (hasEnded && 'stdout' in error && typeof error.stdout === 'string') return error.stdout
  throw error
}

function parsed(text: string): PrintedRow[] {
  const rows: { op: PrintedRow['op']; table: string; before: Image; after: Image }[] = []
  let image: Map<number, PrintedValue> | null = null
  for (const line of text.split('\n')) {
    const [, verb = '', database = '', table = ''] = ROW.exec(line) ?? []
    const op = OPS.get(verb)
    const row = rows.at(-1)
    if (op !== undefined) rows.push({ op, table: `${database}.${table}`, before: null, after: null })
    else if (line === '### WHERE' && row !== undefined) image = row.before = new Map()
    else if (line === '### SET' && row !== undefined) image = row.after = new Map()
    const [, column, value = '', type = ''] = VALUE.exec(line) ?? []
    if (column !== undefined) image?.set(Number(column) - 1, { type, text: value })
  }
  return rows
}

type Image = Map<number, PrintedValue> | null

/** Where our change differs from the printed row, in words. */
export function differences(change: ChangeEvent, printed: PrintedRow): string[] {
  const { table, op, before, after } = change
  const name = `${table.database}.${table.name}`
  if (op !== printed.op || name !== printed.table) return [`${op} ${name} instead of ${printed.op} ${printed.table}`]
  return [
    ...imageDifferences(table, before, printed.before, null),
    // What the log left out of the new row because it did not change is taken from the old one.
    ...imageDifferences(table, after, printed.after, before),
  ]
}

function imageDifferences(
  table: TableVersion,
  row: Row | null,
  printed: PrintedImage | null,
  old: Row | null,
): string[] {
  if (row === null || printed === null) return row === printed ? [] : ['an image is missing']
  return table.columns.flatMap(({ name, type }, i) => {
    const value = printed.get(i)
    const start = row.spans[2 * i] ?? SPAN_NULL
    const isTaken = value === undefined && (start === SPAN_UNAVAILABLE || old?.spans[2 * i] === start)
    const isSame = isTaken || (value !== undefined && isSameValue(table, row, i, value))
    return isSame ? [] : [`${name} ${type}: ${shown(table, row, i)} instead of ${value?.text ?? 'nothing'}`]
  })
}

function shown(table: TableVersion, row: Row, i: number): string {
  const [start = 0, end = 0] = row.spans.slice(2 * i, 2 * i + 2)
  return `${valueText(table, row, i)} (${Buffer.from(row.bytes.subarray(start, Math.max(start, end))).toString('hex')})`
}

function isSameValue(table: TableVersion, row: Row, i: number, { type, text }: PrintedValue): boolean {
  const [start = SPAN_NULL, end = SPAN_NULL] = row.spans.slice(2 * i, 2 * i + 2)
  if (text === 'NULL' || start < 0) return text === 'NULL' && start === SPAN_NULL
  const bytes = Buffer.from(row.bytes.subarray(start, end))
  switch (type) {
    case 'ENUM':
      return Number(text) === bytes.readUIntLE(0, bytes.length)
    case 'SET':
    case 'BIT':
      return bitsOf(text) === BigInt(`0x${bytes.toString('hex')}`)
    case 'FLOAT':
    case 'DOUBLE':
      return isSameFloat(Number(text), Number(valueText(table, row, i)))
    case 'STRING':
    case 'VARSTRING':
    case 'TINYBLOB':
    case 'BLOB':
    case 'MEDIUMBLOB':
    case 'LONGBLOB':
    case 'GEOMETRY':
      return bytesOf(text).some((meant) => meant.equals(bytes))
    default:
      return isSameText(type, text, contentOf(valueText(table, row, i)))
  }
}

/** The program prints as few as six digits. */
function isSameFloat(printed: number, ours: number): boolean {
  return printed.toPrecision(6) === ours.toPrecision(6) || (printed === 0 && Math.abs(ours) < 1e-37)
}

function isSameText(type: string, text: string, ours: string): boolean {
  switch (type) {
    case 'DATE':
    case 'TIME':
    case 'DATETIME':
      return numbersOf(text) === numbersOf(ours)
    case 'TIMESTAMP':
      return Number(text) === secondsOf(ours)
    case 'JSON':
      // A document that is one text is printed without quotes.
      return bytesOf(text).some((meant) => [ours, contentOf(ours)].includes(meant.toString('utf8')))
    default: {
      // A number that could be unsigned is printed in both forms: -1 (255).
      const [signed = '', unsigned] = text.split(/[ ()]+/u)
      return ours === signed || ours === unsigned
    }
  }
}

function contentOf(json: string): string {
  const value: unknown = JSON.parse(json)
  return typeof value === 'string' ? value : json
}

/** Where Debian's packages and `tools/fetch/fetch-server.ts` put the programs. */
export const MARIADB_BINLOG = 'mariadb-binlog'
export const MYSQLBINLOG = join(fetchedTree('mysql-9', environment), 'usr/bin/mysqlbinlog')

/** The numbers with the sign, without zeros in front: dates and times have other separators and widths. */
function numbersOf(text: string): string {
  const sign = text.replaceAll("'", '').startsWith('-') ? '-' : ''
  return sign + (text.match(/\d+/gu) ?? []).map((digits) => digits.replace(/^0+(?=\d)/u, '')).join(' ')
}

function secondsOf(text: string): number {
  return text.startsWith('0000')
    ? 0
    : Date.parse(`${text.slice(0, 19)}Z`) / 1000 + Number(`0${/\.\d+/u.exec(text)?.[0] ?? ''}`)
}

function bitsOf(text: string): bigint {
  return BigInt(`0b${/b'([01]*)'/u.exec(text)?.[1] || '0'}`)
}

const CONTROL: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['0', '\0'],
  ['b', '\b'],
])
const ESCAPE = /\\(?:x([0-9a-f]{2})|(.))/gu
/** MariaDB's program prints a backslash as it is. */
const MARIADB_ESCAPE = /\\x([0-9a-f]{2})/gu

/** What a quoted text can mean, in which some bytes are written as `\x27`. */
function bytesOf(text: string): readonly Buffer[] {
  const inner = text.replace(/^'(.*)'$/su, '$1')
  return [ESCAPE, MARIADB_ESCAPE].map((form) =>
    Buffer.from(
      inner.replaceAll(form, (_, hex: string | undefined, plain = '') =>
        hex === undefined
          ? (CONTROL.get(String(plain)) ?? String(plain))
          : String.fromCharCode(Number.parseInt(hex, 16)),
      ),
      'latin1',
    ),
  )
}
