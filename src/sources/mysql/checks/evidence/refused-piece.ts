import type { EvidenceSession } from '../../../../doctor/checks/piece.ts'
import { type Fix, inDatabase } from '../../../../model/fix.ts'
import type { MysqlConnection } from '../../connect/connection.ts'
import { type Account, quoteAccount } from '../../connect/quoting.ts'
import { ADMINISTRATOR } from '../../errors/errors.ts'

/** The privileges in a refusal: "you need (at least one of) the SUPER, SLAVE MONITOR privilege(s)". The last one is the smallest. */
const NEEDED = /\(at least one of\) the (.+) privilege\(s\)/u
/** A refusal that names a table: "SELECT command denied to user 'u'@'h' for table `db`.`t`". MySQL leaves out the database. */
const ON_TABLE = /(SELECT|SHOW) command denied .* for table (`[^`]+`\.`[^`]+`)$/u

/** Privileges that also allow changes. */
const CHANGES = ['REPLICATION MASTER ADMIN']
const WIDE = 'it also allows changes; without it only this check is left out'

/** The server names what is missing only in its message, which may not be in English. */
export function evidenceSession(connection: MysqlConnection, account: Account): EvidenceSession {
  return {
    get isOpen() {
      return connection.isOpen
    },
    isAnswer: (error) => typeof error.details['number'] === 'number',
    grantFor: (_error, found) => grantFor(found, account),
  }
}

function grantFor(found: string, { user, host }: Account): Fix | null {
  const to = quoteAccount(user, host)
  const privilege = NEEDED.exec(found)?.[1]?.split(', ').at(-1)
  if (privilege !== undefined)
    return inDatabase(
      `GRANT ${privilege} ON *.* TO ${to}`,
      ADMINISTRATOR,
      CHANGES.includes(privilege) ? { note: WIDE } : {},
    )
  const [, command, table] = ON_TABLE.exec(found) ?? []
  return command === undefined || table === undefined
    ? null
    : inDatabase(`GRANT SELECT ON ${table} TO ${to}`, ADMINISTRATOR)
}
