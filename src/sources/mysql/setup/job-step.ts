import { forPerson, query } from '../../../model/fix.ts'
import { manualStepIn, type SqlStep, stepIn } from '../../admin/sql-step.ts'
import { alterEvent, createEvent, eventName, grantEvent } from '../beat/job/event-statement.ts'
import type { MysqlConfig } from '../config.ts'
import { type Account, neutralLiteral, quoteTable } from '../connect/quoting.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { databasePrivileges, exactDatabasePrivileges, isPattern, PARTIAL_REVOKES } from './privilege-question.ts'
import type { ServiceFacts } from './service.ts'
import { schedulerSteps } from './setting-step.ts'
import { GRANTER } from './user-step.ts'

const SHORTEST_MS = 1000

const step = stepIn(null)
const manual = manualStepIn(null)

/**
 * Creates the event on the primary. It must run there; replication carries the heartbeat to the server that is read, and the event itself,
 * which is disabled on a replica.
 */
export function jobSteps(config: MysqlConfig, account: Account, service: ServiceFacts): readonly SqlStep[] {
  const { schema } = config.heartbeat.source
  const why = service.namesDefiner ? RUNS_IT : SEES_IT
  return [
    ...schedulerSteps(config, service),
    ...intervalStep(config),
    step('job-privilege', why, {
      who: GRANTER,
      run: [grantEvent(config, account)],
      done: databasePrivileges(account, schema, ['EVENT']),
    }),
    ...(isPattern(config.kind, schema)
      ? [
          step('job-privilege:exact', why, {
            who: GRANTER,
            run: [grantEvent(config, account, true)],
            onlyWhere: PARTIAL_REVOKES,
            done: exactDatabasePrivileges(account, schema, 'EVENT'),
          }),
        ]
      : []),
    step('job', service.namesDefiner ? AS_USER : JOB, {
      who: `a user with EVENT${service.namesDefiner ? ` and ${DEFINER_PRIVILEGE[config.kind]}` : ''}`,
      run: [createEvent(config, service.namesDefiner ? account : null, 'clause lines')],
      done: { query: `SELECT EXISTS (SELECT 1 FROM information_schema.EVENTS WHERE ${writesRow(config)})`, params: [] },
    }),
    enabledStep(config, account, service),
  ]
}

const DEFINER_PRIVILEGE = { mysql: 'SET_ANY_DEFINER (SET_USER_ID before MySQL 8.2)', mariadb: 'SET USER' } as const
const RUNS_IT =
  "The event runs as the connector's user, which needs EVENT for that, and to see whether the event runs. It is granted for the database of the heartbeat table alone."
const SEES_IT =
  'Only a user with EVENT sees whether the event runs. It is granted for the database of the heartbeat table alone.'
const JOB = 'Once an interval it changes the row, and replication sends the change to the server that is read.'
const AS_USER = `As the connector's user, which has the fewest privileges. ${JOB}`

function writesRow({ heartbeat: { source } }: MysqlConfig): string {
  return `LOCATE(${neutralLiteral(source.table)}, EVENT_DEFINITION) > 0`
}

function intervalStep({ heartbeat }: MysqlConfig): readonly SqlStep[] {
  if (heartbeat.source.intervalMs >= SHORTEST_MS) return []
  return [
    manual('job-interval', 'An event runs once a second at most.', {
      blocks: true,
      fix: [forPerson('set heartbeat.source.interval to 1s or more')],
      done: { query: 'SELECT 0', params: [] },
    }),
  ]
}

/** CREATE EVENT IF NOT EXISTS leaves an event disabled that already exists, such as one that came from a former primary. */
function enabledStep(config: MysqlConfig, account: Account, service: ServiceFacts): SqlStep {
  const event = eventName(config)
  const onlyWhere = 'the event exists and is disabled'
  const done = {
    query: `SELECT EXISTS (SELECT 1 FROM information_schema.EVENTS WHERE ${writesRow(config)} AND STATUS = 'ENABLED')`,
    params: [],
  }
  if (service.namesDefiner)
    return step('job-enabled', JOB, { onlyWhere, run: [alterEvent({ ...event, definer: account }, 'ENABLE')], done })
  return manual('job-enabled', JOB, {
    onlyWhere,
    fix: [
      query(`SHOW CREATE EVENT ${quoteTable(event)}`, ADMINISTRATOR),
      forPerson(`as its definer: ALTER EVENT ${quoteTable(event)} ENABLE`),
    ],
    done,
  })
}
