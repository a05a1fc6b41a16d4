import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DEFAULT_MODES } from '../../src/sources/postgresql/values/postgresql-modes.ts'
import { Capture } from '../support/captured-tables.ts'
import { differentHere } from '../support/debezium-differences.ts'
import {
  DEBEZIUM_RUNS,
  type DebeziumModes,
  debeziumChanges,
  debeziumTables,
  RECORDED,
  type RecordedList,
  type RecordedValue,
} from '../support/debezium-values.ts'
import { type Exact, exactJson, memberOf, parseExactly } from '../support/exact-json.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { watchedDatabase } from '../support/postgresql-reading.ts'

const FIXTURE = parseExactly(readFileSync(new URL('../fixtures/debezium-values.json', import.meta.url), 'utf8'))
const LISTS: readonly RecordedList[] = ['values', 'keys', 'unavailable']

/** What Debezium wrote; undefined: nothing. */
function recorded(list: RecordedList, at: number, mode: string): Exact | undefined {
  const lines = memberOf(FIXTURE, list)
  const line = Array.isArray(lines) ? lines[at] : undefined
  const { type, value } = RECORDED[list][at] ?? {}
  expect([memberOf(line, 'type'), memberOf(line, 'value')]).toEqual([type, value])
  return memberOf(memberOf(line, 'modes'), mode)
}

interface Message {
  readonly key: Exact
  readonly value: Exact
}

function messageOf({ table, op, at: [column, holds] }: RecordedValue, messages: ReadonlyMap<string, Message[]>) {
  return messages.get(table)?.find(({ value }) => {
    return memberOf(value, 'op') === op && memberOf(memberOf(value, 'after'), column) === holds
  })
}

function byTable(capture: Capture): Map<string, Message[]> {
  const tables = new Map<string, Message[]>()
  for (const { topic, key, value } of capture.texts()) {
    const table = topic.split('.').at(-1) ?? ''
    const message = { key: parseExactly(key), value: parseExactly(value) }
    tables.set(table, [...(tables.get(table) ?? []), message])
  }
  return tables
}

function mismatches(list: RecordedList, modes: DebeziumModes, tables: ReadonlyMap<string, Message[]>): unknown[] {
  return RECORDED[list].flatMap((about, at): unknown[] => {
    const mode = modes[about.option]
    const theirs = recorded(list, at, mode)
    const different = differentHere({ list, about, mode, theirs, microseconds: recorded(list, at, 'microseconds') })
    if (different !== undefined && text(different) === text(theirs))
      return [`${about.type} ${about.value} ${mode}: the same`]
    const message = messageOf(about, tables)
    const ours = text(memberOf(memberOf(message?.value, 'after'), 'v'))
    const expected = text(different === undefined ? theirs : different)
    // Two keys that the type rounds to the same value are one row.
    if (list === 'keys' && theirs === undefined && message === undefined) return []
    const keys = list === 'keys' ? (tables.get(about.table) ?? []).map(({ key }) => text(memberOf(key, 'v'))) : []
    // One message created the row and one deleted it.
    const isKey = list !== 'keys' || keys.filter((key) => key === expected).length >= 2
    return ours === expected && isKey
      ? []
      : [{ list, type: about.type, value: about.value, mode, expected, ours, keys }]
  })
}

function text(value: Exact | undefined): string {
  return value === undefined ? 'absent' : exactJson(value)
}

test('values, keys and values that are not in the log are written in each mode as Debezium wrote them', async () => {
  await using database = await watchedDatabase(await sharedPostgresql(18))
  await database.query(debeziumTables())
  await database.query('CREATE PUBLICATION p FOR ALL TABLES')
  await using opened = new AsyncDisposableStack()
  const captures: Capture[] = []
  for (const [i, modes] of DEBEZIUM_RUNS.entries()) {
    const envelope = { ...DEFAULT_MODES, ...modes, tombstonesOnDelete: false, provideTransactionMetadata: false }
    const slot = `${database.config.slot.slice(0, 60)}_${i}`
    captures.push(opened.use(await Capture.of(database, { publication: 'p', slot, envelope })))
  }
  const session = opened.use(await database.server.connect(database.name))
  for (const { sql, params } of debeziumChanges()) await session.query(sql, params)
  const wrong: unknown[] = []
  for (const [i, capture] of captures.entries()) {
    await capture.toHead()
    const tables = byTable(capture)
    const modes = DEBEZIUM_RUNS[i]
    if (modes !== undefined) for (const list of LISTS) wrong.push(...mismatches(list, modes, tables))
  }
  expect(wrong).toEqual([])
})
