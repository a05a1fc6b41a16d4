import { type SqlStep, stepIn } from '../../admin/sql-step.ts'
import type { SetupVariant } from '../../setup.ts'
import type { MysqlConfig } from '../config.ts'
import { type Account, quoteAccount } from '../connect/quoting.ts'
import { databasePrivileges, serverPrivileges } from './privilege-question.ts'
import { GRANTER } from './user-step.ts'

/** Privileges for monitoring only. */
export function sightStep({ kind }: MysqlConfig, account: Account, { monitoring }: SetupVariant): SqlStep {
  const to = quoteAccount(account.user, account.host)
  const isMysql = kind === 'mysql'
  return stepIn(null)('sight', isMysql ? MYSQL_SIGHT : MARIADB_SIGHT, {
    ...(monitoring ? {} : { optional: true }),
    who: GRANTER,
    run: isMysql
      ? [`GRANT PROCESS ON *.* TO ${to}`, `GRANT SELECT ON performance_schema.* TO ${to}`]
      : [`GRANT PROCESS, SLAVE MONITOR ON *.* TO ${to}`],
    done: isMysql
      ? bothOf(
          serverPrivileges(account, ['PROCESS']).query,
          databasePrivileges(account, 'performance_schema', ['SELECT']).query,
        )
      : serverPrivileges(account, ['PROCESS', 'SLAVE MONITOR']),
  })
}

function bothOf(left: string, right: string): NonNullable<SqlStep['done']> {
  return { query: `SELECT (${left}) AND (${right})`, params: [] }
}

const OPTIONAL = 'Optional: better diagnostics (`setup --with-monitoring` grants it).'
const QUERIES =
  'PROCESS also shows the running queries of all users to the user; without it those findings are unknown.'
const MYSQL_SIGHT = `${OPTIONAL} With these, \`status\` and \`doctor\` see how fast the log grows, who locks the heartbeat row, and other readers of the log. ${QUERIES}`
const MARIADB_SIGHT = `${OPTIONAL} With these, \`status\` and \`doctor\` see who locks the heartbeat row, other readers of the log, and the state of a replica. ${QUERIES}`
