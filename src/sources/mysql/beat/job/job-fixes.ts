import { type Fix, forPerson, inDatabase, query } from '../../../../model/fix.ts'
import { type CheckFix, instead, manual, SOMEBODYS } from '../../../check.ts'
import type { JobFacts, JobFixes } from '../../../heartbeat/facts.ts'
import type { MysqlConfig } from '../../config.ts'
import { type Account, quoteLiteral, quoteTable } from '../../connect/quoting.ts'
import { ADMINISTRATOR } from '../../errors/errors.ts'
import type { BeatSight } from '../beat-sight.ts'
import { grantHeartbeat, insertHeartbeatRow } from '../heartbeat-table.ts'
import { dropTriggers } from '../trigger.ts'
import {
  alterEvent,
  beatStatement,
  createEvent,
  type EventName,
  eventName,
  eventRhythm,
  grantEvent,
} from './event-statement.ts'
import type { Scheduler } from './scheduler-evidence.ts'

/** Who can name another user as the definer. */
const NAMES_DEFINER: Readonly<Record<MysqlConfig['kind'], string>> = {
  mysql: 'a user with EVENT and SET_ANY_DEFINER (before 8.2 SET_USER_ID or SUPER)',
  mariadb: 'a user with EVENT and SET USER',
}

const SHORTEST_MS = 1000

export function jobFixes(scheduler: Scheduler, beat: BeatSight): JobFixes {
  const { config } = beat
  const { account } = scheduler
  const { intervalMs } = config.heartbeat.source
  const by = NAMES_DEFINER[config.kind]
  const eventOf = ({ id }: JobFacts): EventName => {
    const found = scheduler.events?.events.find((event) => quoteTable(event) === id)
    return found ?? { ...eventName(config), definer: account }
  }
  const alter = (job: JobFacts, change: string) => inDatabase(alterEvent(eventOf(job), change), by)
  const doing = `DO ${beatStatement(config)}`
  return {
    schedule: () => [...grantsTo(account, config), inDatabase(createEvent(config, account), by)],
    show: () => [showEvents(config)],
    enable: (job) => alter(job, 'ENABLE'),
    moveHere: (job) => alter(job, job.disabled === null ? doing : `ENABLE ${doing}`),
    changeRow: (job) => alter(job, doing),
    reschedule: (job) =>
      intervalMs < SHORTEST_MS
        ? forPerson('an event runs once a second at most: in the configuration, heartbeat.source.interval: 1s')
        : alter(job, `ON SCHEDULE ${eventRhythm(intervalMs)}`),
    grant: (job) => runAs(account, eventOf(job), config),
    insertRow: () => inDatabase(insertHeartbeatRow(config), ADMINISTRATOR),
    explainFailure: (job) => explainFailure(eventOf(job), scheduler, beat),
    explainSilence: () => [
      query("SELECT STATE FROM information_schema.PROCESSLIST WHERE USER = 'event_scheduler'", ADMINISTRATOR),
      forPerson("no such row: the scheduler has stopped; the server's error log has the reason"),
    ],
  }
}

/** What to check on the primary when the row does not change. */
export function jobFix(config: MysqlConfig): readonly Fix[] {
  return [showEvents(config), forPerson(`the event must run: ${beatStatement(config)}`)]
}

function showEvents({ heartbeat }: MysqlConfig): Fix {
  const table = quoteLiteral(heartbeat.source.table.toLowerCase())
  return query(
    `SELECT EVENT_SCHEMA, EVENT_NAME, DEFINER, STATUS, LAST_EXECUTED, @@GLOBAL.event_scheduler FROM information_schema.EVENTS WHERE LOCATE(${table}, LOWER(EVENT_DEFINITION)) > 0`,
    ADMINISTRATOR,
  )
}

/** What the definer needs at every run. */
function grantsTo(account: Account, config: MysqlConfig): readonly Fix[] {
  return [grantHeartbeat(config, account, 'job'), grantEvent(config, account)].map((text) =>
    inDatabase(text, ADMINISTRATOR),
  )
}

/** Makes the event run as this user, with the privileges that it needs. */
function runAs(account: Account, event: EventName, config: MysqlConfig): readonly Fix[] {
  const grants = grantsTo(account, config)
  if (isSame(event.definer, account)) return grants
  return [...grants, inDatabase(alterEvent({ ...event, definer: account }, 'ENABLE'), NAMES_DEFINER[config.kind])]
}

function isSame(one: Account, other: Account): boolean {
  return one.user === other.user && one.host === other.host
}

const OTHER_USER = 'it changes the user whose privileges the event has'

/** Why the user of the event cannot change the row is not visible, unless it is our own. */
function explainFailure(
  event: EventName,
  { account }: Scheduler,
  { config, heartbeat }: BeatSight,
): readonly CheckFix[] {
  const triggers = dropTriggers(heartbeat.triggers).map((fix) => manual(fix, SOMEBODYS))
  if (isSame(event.definer, account)) return [...triggers, manual(errorLog(config), '')]
  return [
    manual(errorLog(config), ''),
    ...triggers,
    ...runAs(account, event, config).map((fix) => manual(fix, OTHER_USER)),
    instead('keep its user, if that exists'),
    ...grantsTo(event.definer, config).map((fix) => manual(fix, OTHER_USER)),
  ]
}

function errorLog({ kind }: MysqlConfig): Fix {
  if (kind === 'mariadb') return forPerson("see the lines with `Event Scheduler` in the server's error log")
  return query(
    "SELECT LOGGED, DATA FROM performance_schema.error_log WHERE DATA LIKE 'Event Scheduler%' ORDER BY LOGGED DESC LIMIT 5",
    ADMINISTRATOR,
    { note: 'from MySQL 8.0 on; it is the error log of the server' },
  )
}
