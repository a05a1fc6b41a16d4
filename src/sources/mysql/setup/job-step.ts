import { forPerson, inDatabase, query } from '../../../model/fix.ts'
import { manualStepIn, type SqlStep, stepIn } from '../../admin/sql-step.ts'
import { alterEvent, createEvent, eventName, grantEvent } from '../beat/job/event-statement.ts'
import type { MysqlConfig } from '../config.ts'
import { type Account, quoteAccount, quoteTable } from '../connect/quoting.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import {
  beatingEvent,
  type Definer,
  enabledEvent,
  eventIn,
  foreignEvents,
  freeName,
  otherDefiner,
} from './question/event-question.ts'
import {
  databasePrivileges,
  exactDatabasePrivileges,
  isPattern,
  PARTIAL_REVOKES,
} from './question/privilege-question.ts'
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
  const definer: Definer = service.namesDefiner ? account : 'the administrator'
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
    nameStep(config),
    foreignStep(config, definer),
    step('job', service.namesDefiner ? AS_USER : JOB, {
      who: `a user with EVENT${service.namesDefiner ? ` and ${DEFINER_PRIVILEGE[config.kind]}` : ''}`,
      run: [createEvent(config, service.namesDefiner ? account : null, 'clause lines')],
      done: beatingEvent(config),
    }),
    enabledStep(config, account, definer),
    ...(definer === 'the administrator' ? [] : [definerStep(config, definer)]),
  ]
}

const DEFINER_PRIVILEGE = { mysql: 'SET_ANY_DEFINER (SET_USER_ID before MySQL 8.2)', mariadb: 'SET USER' } as const
const RUNS_IT =
  "The event runs as the connector's user, which needs EVENT for that, and to see whether the event runs. It is granted for the database of the heartbeat table alone."
const SEES_IT =
  'Only a user with EVENT sees whether the event runs. It is granted for the database of the heartbeat table alone.'
const JOB = 'Once an interval it changes the row, and replication sends the change to the server that is read.'
const AS_USER = `As the connector's user, which has the fewest privileges. ${JOB}`

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

/** CREATE EVENT IF NOT EXISTS takes any event of this name for its own. */
function nameStep(config: MysqlConfig): SqlStep {
  const event = quoteTable(eventName(config))
  const { evidence, ...done } = freeName(config)
  return manual('job-name', 'The event gets the name of the heartbeat table.', {
    blocks: true,
    onlyWhere: 'an event with this name does something else',
    fix: [
      query(`SHOW CREATE EVENT ${event}`, ADMINISTRATOR),
      forPerson(`rename it with ALTER EVENT ... RENAME TO ..., or drop it: DROP EVENT ${event}`),
    ],
    done,
    evidence,
  })
}

/** The event of somebody else is theirs to enable. Without another one that runs, there are no heartbeats. */
function foreignStep(config: MysqlConfig, definer: Definer): SqlStep {
  const { done, evidence, listed } = foreignEvents(config, definer)
  return manual(
    'job-foreign',
    'An event that already changes the row is used instead of a new one. It must be enabled.',
    {
      onlyWhere: 'an event that setup did not create changes the row and is disabled',
      fix: [forPerson('enable that event, or drop it and run setup again, which then creates one')],
      done,
      evidence,
      remedies: {
        ...listed,
        fixOf: (row) =>
          inDatabase(alterEvent(eventIn(row), 'ENABLE'), `a user with EVENT and ${DEFINER_PRIVILEGE[config.kind]}`),
      },
    },
  )
}

/** CREATE EVENT IF NOT EXISTS leaves an event disabled that already exists, such as one that came from a former primary. */
function enabledStep(config: MysqlConfig, account: Account, definer: Definer): SqlStep {
  const event = eventName(config)
  const enable =
    definer === 'the administrator'
      ? `ALTER EVENT ${quoteTable(event)} ENABLE`
      : alterEvent({ ...event, definer: account }, 'ENABLE')
  return step('job-enabled', JOB, {
    onlyWhere: 'the event exists and is disabled',
    run: [enable],
    done: enabledEvent(config, definer),
  })
}

function definerStep(config: MysqlConfig, definer: Account): SqlStep {
  const { evidence, ...done } = otherDefiner(config, definer)
  return manual('job-definer', OTHER_DEFINER, {
    optional: true,
    onlyWhere: 'the event runs as another user',
    fix: [
      forPerson(
        `if that is not on purpose, drop the event, and run setup again: it creates one that runs as ${quoteAccount(definer.user, definer.host)}`,
      ),
    ],
    done,
    evidence,
  })
}

const OTHER_DEFINER = "An event has the privileges of its definer. The connector's user has the fewest that are enough."
