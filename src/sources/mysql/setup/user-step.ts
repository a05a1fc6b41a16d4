import { forPerson } from '../../../model/fix.ts'
import { manualStepIn, PASSWORD, type SqlStep, stepIn } from '../../admin/sql-step.ts'
import type { SetupVariant } from '../../setup.ts'
import type { MysqlConfig } from '../config.ts'
import { type Account, neutralLiteral, quoteAccount } from '../connect/quoting.ts'
import { passwordLiteral } from './password-literal.ts'
import { isGrantee, sameText, serverPrivileges } from './question/privilege-question.ts'

const step = stepIn(null)

/** The account that setup creates and that has the privileges. */
export function accountOf({ connection }: MysqlConfig, { accountHost }: Pick<SetupVariant, 'accountHost'>): Account {
  return { user: connection.user, host: accountHost ?? '%' }
}

/** The user, and the privileges of the server that it needs to read the log. */
export function userSteps(config: MysqlConfig, variant: SetupVariant): readonly SqlStep[] {
  const { kind } = config
  const account = accountOf(config, variant)
  const name = quoteAccount(account.user, account.host)
  return [
    otherHostStep(config, variant),
    step('user', USER[kind], {
      who: 'a user with CREATE USER',
      run: [`CREATE USER IF NOT EXISTS ${name} IDENTIFIED BY ${PASSWORD}${tlsClause(config)}`],
      placeholder: PASSWORD,
      passwordLiteral: (password) => passwordLiteral(kind, password),
      done: {
        query: `SELECT EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE ${isGrantee(account)})`,
        params: [],
      },
    }),
    grantStep('replication', READS_LOG[kind], name, REPLICATION[kind], serverPrivileges(account, REPLICATION[kind])),
  ]
}

const OWN = 'The connector has its own user, with only the privileges that it needs.'
const USER = {
  mysql: OWN,
  mariadb: `${OWN} MariaDB writes the password of a pasted statement into its general log and its binary log; \`setup --apply\` sends a hash instead.`,
} as const
const READS_LOG = {
  mysql:
    'Reading the log needs REPLICATION SLAVE. REPLICATION CLIENT shows the files of the log, where it ends, and whether the server is a replica.',
  mariadb:
    'Reading the log needs REPLICATION SLAVE. BINLOG MONITOR shows the files of the log and where it ends, SLAVE MONITOR whether the server is a replica.',
} as const

const REPLICATION = {
  mysql: ['REPLICATION SLAVE', 'REPLICATION CLIENT'],
  mariadb: ['REPLICATION SLAVE', 'BINLOG MONITOR', 'SLAVE MONITOR'],
} as const

function grantStep(
  id: string,
  why: string,
  account: string,
  privileges: readonly string[],
  done: SqlStep['done'],
): SqlStep {
  return step(id, why, { who: GRANTER, run: [`GRANT ${privileges.join(', ')} ON *.* TO ${account}`], done })
}

/** Who can run a GRANT. */
export const GRANTER = 'a user that has these privileges with GRANT OPTION'

/** What the account must present at login, so that it cannot be used in a weaker way than the source uses it. */
function tlsClause({ connection: { tls } }: MysqlConfig): string {
  if (tls.mode === 'disable') return ''
  return tls.cert === null ? ' REQUIRE SSL' : ' REQUIRE X509'
}

/** The server logs a client in as the account with the most specific host, so grants to another account would have no effect. */
function otherHostStep(config: MysqlConfig, variant: SetupVariant): SqlStep {
  const { user, host } = accountOf(config, variant)
  const others = `FROM information_schema.USER_PRIVILEGES WHERE ${sameText("LEFT(GRANTEE, CHAR_LENGTH(GRANTEE) - CHAR_LENGTH(SUBSTRING_INDEX(GRANTEE, '@', -1)))", neutralLiteral(`'${user}'@`))}
    AND NOT ${isGrantee({ user, host })}`
  return manualStepIn(null)(
    'user-host',
    'The server logs a client in as the account with the most specific host, so there must be only one account of this name.',
    {
      blocks: true,
      onlyWhere: `${user} already exists for another host`,
      fix: [
        forPerson(
          'add --account-host with the host of the account to offbeat setup, drop the account, or use another user in the source',
        ),
      ],
      done: { query: `SELECT NOT EXISTS (SELECT 1 ${others})`, params: [] },
      evidence: { query: `SELECT DISTINCT CONCAT('the account ', GRANTEE) ${others}`, params: [] },
    },
  )
}

/** MySQL has TLS from its first start on. */
export function tlsSteps({ kind, connection }: MysqlConfig): readonly SqlStep[] {
  if (kind !== 'mariadb' || connection.tls.mode === 'disable') return []
  return [
    manualStepIn(null)('tls', `The source asks for TLS (tls.mode is ${connection.tls.mode}).`, {
      fix: [
        forPerson(
          'set ssl_cert and ssl_key in the section [mariadb] of the option file, and restart the server; MariaDB 11.4 and later has a certificate without that',
        ),
      ],
      done: { query: "SELECT @@GLOBAL.have_ssl = 'YES'", params: [] },
      evidence: { query: "SELECT CONCAT('have_ssl is ', @@GLOBAL.have_ssl)", params: [] },
    }),
  ]
}
