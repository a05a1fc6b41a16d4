import type { Listing, Question } from '../../../admin/sql-step.ts'
import type { EventName } from '../../beat/job/event-statement.ts'
import type { MysqlConfig } from '../../config.ts'
import { neutralLiteral, parseAccount } from '../../connect/quoting.ts'
import { sameText } from './privilege-question.ts'

/*
 * The events of the server that concern the heartbeat table, from information_schema, as an administrator sees them. Texts are compared in
 * one collation, because those of these tables differ between versions.
 */

/** The definer of an event: the account that setup names, or, where none is named, the user that creates it. */
export type Definer = { readonly user: string; readonly host: string } | 'the administrator'

/** Replaces the table's name in the definition. No name contains it. */
const MARK = '<>'

/**
 * Whether the event's statement writes to the heartbeat table, in whatever way: an event that only reads it or clears it, or that has a
 * similar name in it, beats nothing.
 */
function writesTable({ heartbeat }: MysqlConfig): string {
  const plain = (text: string) => `REPLACE(LOWER(${text}), '\`', '')`
  const named = (text: string) => plain(inOneCollation(neutralLiteral(text)))
  const { schema, table } = heartbeat.source
  const qualified = `REPLACE(${plain(inOneCollation('EVENT_DEFINITION'))}, ${named(`${schema}.${table}`)}, '${MARK}')`
  const marked = `IF(${isIn(schema)}, REPLACE(${qualified}, ${named(table)}, '${MARK}'), ${qualified})`
  return `${marked} REGEXP '(^|[^a-z0-9_$])(update|into|replace)([[:space:]]+(low_priority|high_priority|delayed|ignore))*[[:space:]]+${MARK}([^a-z0-9_$]|$)'
    AND ${marked} NOT REGEXP '[a-z0-9_$.]${MARK}'`
}

function inOneCollation(text: string): string {
  return `CONVERT(${text} USING utf8mb4) COLLATE utf8mb4_bin`
}

function isIn(database: string): string {
  return sameText('EVENT_SCHEMA', neutralLiteral(database))
}

/** Whether the event has the name that setup gives it. */
function hasOurName({ heartbeat }: MysqlConfig): string {
  const { schema, table } = heartbeat.source
  return `${isIn(schema)} AND ${sameText('EVENT_NAME', neutralLiteral(table))}`
}

function runsAs(definer: Definer): string {
  const account = definer === 'the administrator' ? 'CURRENT_USER()' : neutralLiteral(`${definer.user}@${definer.host}`)
  return sameText('DEFINER', account)
}

function isOurs(config: MysqlConfig, definer: Definer): string {
  return `(${hasOurName(config)} AND ${runsAs(definer)})`
}

const EVENTS = 'FROM information_schema.EVENTS'
/** Then MariaDB refuses to show events, and nothing can be created. Another step reports it. */
const NO_SCHEDULER = "@@GLOBAL.event_scheduler = 'DISABLED'"
const NAMED = "CONCAT('the event ', EVENT_SCHEMA, '.', EVENT_NAME, ' of the user ', DEFINER"

/** An event writes the heartbeats, whichever user created it. */
export function beatingEvent(config: MysqlConfig): Question {
  return { query: `SELECT EXISTS (SELECT 1 ${EVENTS} WHERE ${writesTable(config)})`, params: [] }
}

/** No event of our name does something else, with which CREATE EVENT IF NOT EXISTS would be satisfied. */
export function freeName(config: MysqlConfig): Question & { readonly evidence: Listing } {
  const taken = `${EVENTS} WHERE ${hasOurName(config)} AND NOT (${writesTable(config)})`
  return {
    query: `SELECT ${NO_SCHEDULER} OR NOT EXISTS (SELECT 1 ${taken})`,
    params: [],
    evidence: { query: `SELECT ${NAMED}, ' does not change the heartbeat table') ${taken}`, params: [] },
  }
}

/** Our own event is not disabled, or does not exist. */
export function enabledEvent(config: MysqlConfig, definer: Definer): Question {
  const disabled = `${writesTable(config)} AND ${isOurs(config, definer)} AND STATUS <> 'ENABLED'`
  return { query: `SELECT NOT EXISTS (SELECT 1 ${EVENTS} WHERE ${disabled})`, params: [] }
}

interface ForeignEvents {
  readonly done: Question
  readonly evidence: Listing
  /** A JSON text for each event, which `eventIn` reads. */
  readonly listed: Question
}

/** Events that write the heartbeats and that setup did not create: done if one that runs is there, or none that is disabled. */
export function foreignEvents(config: MysqlConfig, definer: Definer): ForeignEvents {
  const writing = `${EVENTS} WHERE ${writesTable(config)}`
  const disabled = `${writing} AND NOT ${isOurs(config, definer)} AND STATUS <> 'ENABLED'`
  return {
    done: {
      query: `SELECT ${NO_SCHEDULER} OR EXISTS (SELECT 1 ${writing} AND (STATUS = 'ENABLED' OR ${isOurs(config, definer)}))
        OR NOT EXISTS (SELECT 1 ${disabled})`,
      params: [],
    },
    evidence: { query: `SELECT ${NAMED}, ' is ', STATUS) ${disabled}`, params: [] },
    listed: { query: `SELECT CAST(JSON_ARRAY(EVENT_SCHEMA, EVENT_NAME, DEFINER) AS CHAR) ${disabled}`, params: [] },
  }
}

/** Events that run as another user than the one that setup would give them. */
export function otherDefiner(config: MysqlConfig, definer: Definer): Question & { readonly evidence: Listing } {
  const others = `${EVENTS} WHERE ${writesTable(config)} AND STATUS = 'ENABLED' AND NOT ${runsAs(definer)}`
  return {
    query: `SELECT ${NO_SCHEDULER} OR NOT EXISTS (SELECT 1 ${others})`,
    params: [],
    evidence: { query: `SELECT ${NAMED}, ' changes the row') ${others}`, params: [] },
  }
}

/** Reads a row of `listed`. */
export function eventIn(row: string): EventName {
  const parts: unknown[] = JSON.parse(row)
  const [database = '', name = '', definer = ''] = parts.map(String)
  return { database, name, definer: parseAccount(definer) }
}
