import { type SqlStep, stepIn } from '../../admin/sql-step.ts'
import type { SetupVariant } from '../../setup.ts'
import type { MysqlConfig } from '../config.ts'
import { type Account, quoteAccount } from '../connect/quoting.ts'
import { serverPrivileges, tablePrivileges } from './question/privilege-question.ts'
import { GRANTER } from './user-step.ts'

/** What `status` and `doctor` read in MySQL's performance_schema: the growth of the log, and who locks the heartbeat row. */
const SIGHTS = ['file_summary_by_event_name', 'data_locks', 'metadata_locks', 'threads', 'session_connect_attrs'].map(
  (name) => ({ database: 'performance_schema', name }),
)

/** Privileges for monitoring only. */
export function sightStep({ kind }: MysqlConfig, account: Account, { monitoring }: SetupVariant): SqlStep {
  const to = quoteAccount(account.user, account.host)
  const tables = kind === 'mysql' ? SIGHTS : []
  const done = [
    serverPrivileges(account, ['PROCESS']),
    ...tables.map((each) => tablePrivileges(account, each, ['SELECT'])),
  ]
  return stepIn(null)('sight', kind === 'mysql' ? MYSQL_SIGHT : MARIADB_SIGHT, {
    ...(monitoring ? {} : { optional: true }),
    who: GRANTER,
    run: [
      `GRANT PROCESS ON *.* TO ${to}`,
      ...tables.map(({ database, name }) => `GRANT SELECT ON ${database}.${name} TO ${to}`),
    ],
    done: { query: `SELECT ${done.map(({ query }) => `(${query})`).join(' AND ')}`, params: [] },
  })
}

const OPTIONAL = 'Optional: better diagnostics (`setup --with-monitoring` grants it).'
const QUERIES =
  'PROCESS also shows the running queries of all users to the user; without it those findings are unknown.'
const MYSQL_SIGHT = `${OPTIONAL} With these, \`status\` and \`doctor\` see how fast the log grows, who locks the heartbeat row, and other readers of the log. ${QUERIES}`
const MARIADB_SIGHT = `${OPTIONAL} With PROCESS, \`status\` and \`doctor\` see who locks the heartbeat row. ${QUERIES}`
