import { inDatabase } from '../../../model/fix.ts'
import { manualStepIn, type Question, type SqlStep, stepIn } from '../../admin/sql-step.ts'
import type { MysqlKind } from '../config.ts'
import { type Account, quoteAccount, quoteTable } from '../connect/quoting.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { tablePrivileges } from './question/privilege-question.ts'
import type { ServiceFacts } from './service.ts'
import { setStatement } from './setting.ts'
import { GRANTER } from './user-step.ts'

/** The least that is enough, and what is proposed where the service does not limit it. */
const HOURS = 72
const LEAST_SECONDS = HOURS * 3600
const PROPOSED_SECONDS = 1_209_600

const RETENTION =
  'The server keeps nothing for the connector: a file that is purged before it was read is lost. Choose a time that covers your longest pause, 3 days at least, and a disk that has room for it: `offbeat plan` checks it.'

export function retentionStep(kind: MysqlKind, { retention, setting }: ServiceFacts): SqlStep {
  if (retention === 'rds_configuration')
    return stepIn(null)('retention', RETENTION, {
      who: 'the master user of the service',
      run: [`CALL mysql.rds_set_configuration('binlog retention hours', ${HOURS})`],
      done: {
        query: `SELECT value >= ${HOURS} FROM mysql.rds_configuration WHERE name = 'binlog retention hours'`,
        params: [],
      },
    })
  const value = String(PROPOSED_SECONDS)
  const own =
    setting?.('binlog_expire_logs_seconds', value) ??
    inDatabase(setStatement(kind, 'binlog_expire_logs_seconds', value), ADMINISTRATOR)
  return manualStepIn(null)('retention', RETENTION, {
    optional: true,
    fix: retention ?? [own],
    done: KEEPS_LONG_ENOUGH[kind],
  })
}

/** 0: files are not purged by age. */
const KEEPS_LONG_ENOUGH: Readonly<Record<MysqlKind, Question>> = {
  mysql: {
    query: `SELECT @@GLOBAL.binlog_expire_logs_seconds = 0 OR @@GLOBAL.binlog_expire_logs_seconds >= ${LEAST_SECONDS}
      OR @@GLOBAL.binlog_expire_logs_auto_purge = 0`,
    params: [],
  },
  mariadb: {
    query: `SELECT @@GLOBAL.binlog_expire_logs_seconds = 0 OR @@GLOBAL.binlog_expire_logs_seconds >= ${LEAST_SECONDS}`,
    params: [],
  },
}

/** On RDS and Aurora the retention is in a table, which the user cannot read by itself. */
export function retentionSightSteps(account: Account, { retention }: ServiceFacts): readonly SqlStep[] {
  if (retention !== 'rds_configuration') return []
  const table = { database: 'mysql', name: 'rds_configuration' }
  return [
    stepIn(null)('retention-sight', 'So that the runway takes the retention of the service into account.', {
      who: GRANTER,
      run: [`GRANT SELECT ON ${quoteTable(table)} TO ${quoteAccount(account.user, account.host)}`],
      done: tablePrivileges(account, table, ['SELECT']),
    }),
  ]
}
