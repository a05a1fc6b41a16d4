import { inDatabase } from '../../../../model/fix.ts'
import { type CheckResult, finding, manual } from '../../../check.ts'
import type { JobFacts, JobsFacts, RunFacts, SchedulerFacts } from '../../../heartbeat/facts.ts'
import { automatic } from '../../../heartbeat/finding.ts'
import { rowOfCommand } from '../../../heartbeat/job-command.ts'
import { factsOfSight } from '../../../heartbeat/scheduler-sight.ts'
import { quoteAccount, quoteName, quoteTable } from '../../connect/quoting.ts'
import { ADMINISTRATOR } from '../../errors/errors.ts'
import { setAtStart, setForServer } from '../../inspect/server-setting.ts'
import type { BeatSight } from '../beat-sight.ts'
import { heartbeatTableName } from '../heartbeat-table.ts'
import type { BeatEvent } from './event-evidence.ts'
import { eventGapMs } from './event-rhythm.ts'
import { grantEvent } from './event-statement.ts'
import type { Scheduler, SchedulerSight } from './scheduler-evidence.ts'

export function schedulerFacts(sight: SchedulerSight, beat: BeatSight): SchedulerFacts {
  const { kind, primary } = beat.config
  const line = `primary: { url: ${kind}://... }`
  if (sight.seen === 'scheduler' && sight.scheduler.writing.isReplica && primary === null)
    return { seen: 'nowhere', primary: line }
  return factsOfSight(sight, line, (scheduler) => ({
    replica: scheduler.writing.isReplica
      ? { key: '`primary`', primary: `primary: { url: ${kind}://<the primary> }` }
      : null,
    fault: schedulerFault(scheduler),
    found: `event_scheduler = ON on ${scheduler.address}`,
    expected: 'event_scheduler = ON on the primary',
    jobs: jobsFacts(scheduler, beat),
  }))
}

function schedulerFault({ state, address, version }: Scheduler): CheckResult | null {
  if (state === 'ON') return null
  return finding('fail', 'SCHEDULER_OFF', {
    found: `event_scheduler = ${state} on ${address}, so no event runs there`,
    expected: 'event_scheduler = ON',
    fix:
      state === 'OFF'
        ? setForServer(version, 'event_scheduler', 'ON').map(automatic)
        : setAtStart('event_scheduler', 'ON').map((fix) => manual(fix, '')),
  })
}

function jobsFacts(scheduler: Scheduler, beat: BeatSight): JobsFacts | null {
  const { events, account } = scheduler
  if (events === null) return null
  const { config } = beat
  const database = quoteName(config.heartbeat.source.schema)
  const user = quoteAccount(account.user, account.host)
  if (!events.seesOurs) {
    const grant = grantEvent(config, account)
    return {
      seen: false,
      found: `without EVENT on the database ${database}, the events in it are not visible`,
      needs: grant,
      fix: [inDatabase(grant, ADMINISTRATOR)],
    }
  }
  return {
    seen: true,
    user,
    noneOfOurs: `no event that ${user} can see updates ${heartbeatTableName(config)}`,
    list: `information_schema.EVENTS on ${scheduler.address}`,
    hides:
      events.seesAll || events.events.length > 0
        ? null
        : `without EVENT on them, those of other databases than ${database} are not visible`,
    jobs: events.events.map((event) => jobFacts(event, scheduler, beat)),
    deleted: null,
    runsShownBy: 'LAST_EXECUTED of the event',
    scheduleForms: 'EVERY with a number and a unit',
    runsUnseen: null,
  }
}

function jobFacts(event: BeatEvent, scheduler: Scheduler, beat: BeatSight): JobFacts {
  const { definer, intervalValue, intervalField } = event
  const unit = intervalField === null ? '' : intervalField
  return {
    id: quoteTable(event),
    name: `the event ${quoteTable(event)}`,
    elsewhere: isOurs(event, beat) ? null : `the database ${quoteName(event.database)}`,
    user: quoteAccount(definer.user, definer.host),
    disabled: disabledHow(event, scheduler),
    schedule: intervalValue === null ? 'AT, once' : `EVERY ${intervalValue} ${unit}`,
    gapMs: eventGapMs(intervalValue, intervalField),
    ...rowOfCommand(event.statement),
    run: runOf(event, scheduler),
    canUpdate: canUpdate(event, scheduler),
  }
}

/** A statement without a database's name means the table in the event's own database. */
function isOurs({ database, statement }: BeatEvent, { config }: BeatSight): boolean {
  const { schema, table } = config.heartbeat.source
  if (database === schema) return true
  const bare = (text: string) => text.toLowerCase().replaceAll(/[`"\s]/g, '')
  return bare(statement).includes(`${bare(schema)}.${bare(table)}`)
}

/** On a replica an event is disabled as long as the primary has it, and a promotion leaves it so. */
function disabledHow({ status, originator }: BeatEvent, { serverId }: Scheduler): string | null {
  if (status === 'ENABLED') return null
  if (status === 'DISABLED') return 'is disabled'
  const from = originator === serverId ? '' : `, which has the server id ${originator}`
  return `is ${status}: this server had it from its former primary${from}, and was promoted`
}

/** The account is known to be allowed only if it is our own, whose privileges we see. */
function canUpdate({ definer, definerIsMissing }: BeatEvent, { account, access }: Scheduler): boolean | null {
  if (definerIsMissing) return false
  if (definer.user !== account.user || definer.host !== account.host) return null
  return access.table === 'present' ? !access.lacks.some((each) => each !== 'INSERT') : null
}

/** The start of a run is recorded in whole seconds, and its change is later. */
const RUN_MS = 3000

/**
 * The server records when an event began to run, and not whether it failed. The row shows it: a run that changed it is not older than the
 * row's time.
 */
function runOf(event: BeatEvent, { row }: Scheduler): RunFacts | null {
  const { startedAgoMs } = event
  if (startedAgoMs === null) return null
  const agoMs = Math.max(0, startedAgoMs)
  const ageMs = row === null || row.otherZones ? null : row.ageMs
  if (row?.first === false) return { result: 'changed no row', words: 'there is no row with id 1', agoMs }
  if (ageMs === null) return { result: 'succeeded', words: 'it ran; whether it failed is not recorded', agoMs }
  if (ageMs <= agoMs + RUN_MS) return { result: 'changed the row', words: 'the row has changed since', agoMs }
  const gapMs = eventGapMs(event.intervalValue, event.intervalField) ?? 0
  const isFirstToFail = ageMs <= agoMs + gapMs + RUN_MS
  if (isFirstToFail && agoMs < RUN_MS) return { result: 'succeeded', words: 'it is running, or just ran', agoMs }
  return { result: 'failed', words: failureInWords(event), agoMs }
}

function failureInWords({ failure, definerIsMissing, definer }: BeatEvent): string {
  if (definerIsMissing) return `the user ${quoteAccount(definer.user, definer.host)} does not exist`
  if (failure !== null && SAFE.test(failure)) return failure
  return "the row did not change; the server's error log has the reason"
}

/** The messages that contain only names of objects, users and privileges. */
const SAFE =
  /^(\w+ command denied to user '[^']*'@'[^']*' for (table|column) .*|Access denied for user '[^']*'@'[^']*' to database '[^']*'|The user specified as a definer \('[^']*'@'[^']*'\) does not exist|Lock wait timeout exceeded; try restarting transaction|Table '[^']*' doesn't exist|The MySQL server is running with the --[a-z-]+ option so it cannot execute this statement)$/
