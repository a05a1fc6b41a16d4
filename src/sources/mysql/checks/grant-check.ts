import { type Check, type CheckFix, finding, well } from '../../check.ts'
import { listed } from '../../listed.ts'
import { quoteAccount, quoteTable } from '../connect/quoting.ts'
import type { Evidence } from './evidence/evidence.ts'
import { findingOf, statement } from './finding.ts'
import { watchedOf } from './watched.ts'

/** MariaDB's name of each privilege in its own list differs from MySQL's. */
const MONITOR = { mysql: 'REPLICATION CLIENT', mariadb: 'BINLOG MONITOR' } as const

function grant({ account }: Evidence, privilege: string, on: string): CheckFix {
  return statement(`GRANT ${privilege} ON ${on} TO ${quoteAccount(account.user, account.host)}`)
}

export const replicationGrantCheck: Check<Evidence> = {
  id: 'replication-grants',
  symptom: 2,
  title: 'the privileges to read the log',
  codes: ['DATABASE_PERMISSION'],
  run(evidence) {
    const { dump, facts, account, version } = evidence
    const monitor = MONITOR[version.product]
    const expected = `REPLICATION SLAVE and ${monitor}`
    const isDenied = dump?.code === 'DATABASE_PERMISSION'
    if (!facts.logsBinary) return null
    const lacks = [...(isDenied ? ['REPLICATION SLAVE'] : []), ...(facts.log === null ? [monitor] : [])]
    if (lacks.length > 0)
      return finding('fail', 'DATABASE_PERMISSION', {
        found: `${account.user} lacks ${lacks.join(' and ')}`,
        expected,
        fix: [grant(evidence, lacks.join(', '), '*.*')],
      })
    // A log in a storage engine has no file to begin with.
    const isInEngine = facts.product === 'mariadb' && facts.logEngine !== null
    if (dump !== null && !isInEngine) return findingOf(dump, 'the server refuses to send its log')
    return well(`${account.user} has them`, expected)
  },
}

export const watchedGrantCheck: Check<Evidence> = {
  id: 'watched-grants',
  symptom: 2,
  title: 'grants on the watched tables',
  codes: ['TABLE_NOT_READABLE'],
  ofTables: true,
  run(evidence) {
    const { account } = evidence
    const watched = watchedOf(evidence)
    const expected = 'SELECT on each table; changes are delivered without it, a snapshot would need it'
    const closed = watched.filter(({ mayRead }) => !mayRead)
    if (closed.length === 0)
      return well(
        watched.length === 1
          ? `${account.user} can read it`
          : `${account.user} can read all ${watched.length} that it can see`,
        expected,
      )
    return finding('warn', 'TABLE_NOT_READABLE', {
      found: `${account.user} cannot read all columns of ${listed(closed.map(quoteTable))}`,
      expected,
      fix: closed.map((table) => ({
        ...grant(evidence, 'SELECT', quoteTable(table)),
        manualBecause: 'it lets the user read the rows, and only a snapshot would need it',
      })),
    })
  },
}
