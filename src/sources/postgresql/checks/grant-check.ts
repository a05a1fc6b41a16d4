import { type Check, finding, well } from '../../check.ts'
import { listed } from '../../listed.ts'
import { heartbeatTableName } from '../beat/heartbeat-table.ts'
import { SUPERUSER, TABLE_OWNER } from '../connect/fix-runner.ts'
import { quoteIdentifier, quoteTable } from '../connect/quoting.ts'
import type { Evidence } from './evidence/evidence.ts'
import { statement } from './finding.ts'

export const replicationRoleCheck: Check<Evidence> = {
  id: 'postgresql.replication-role',
  symptom: 2,
  title: 'the privilege to read the log',
  codes: ['POSTGRES_REPLICATION_DENIED'],
  run(evidence) {
    const { replication, config } = evidence
    const { user } = config.connection
    const expected = 'a role with the attribute REPLICATION'
    if (replication === null) return well(`the role ${user} has it`, expected)
    if (replication.code !== 'POSTGRES_REPLICATION_DENIED') return null
    const fix = [statement(evidence, `ALTER ROLE ${quoteIdentifier(user)} REPLICATION`, SUPERUSER)]
    const found = `the role ${user} lacks it`
    return finding('fail', 'POSTGRES_REPLICATION_DENIED', { found, expected, fix })
  },
}

export const watchedGrantCheck: Check<Evidence> = {
  id: 'postgresql.watched-grants',
  symptom: 2,
  title: 'grants on the watched tables',
  codes: ['TABLE_NOT_READABLE'],
  run(evidence) {
    const { watchable, published, role, config } = evidence
    if (published === null) return null
    const beat = heartbeatTableName(config)
    const comes = new Set(published.tables.filter((table) => table.published).map(quoteTable))
    const watched = watchable.filter(
      (table) =>
        published.isWatched(table.schema, table.name) && comes.has(quoteTable(table)) && quoteTable(table) !== beat,
    )
    const expected = 'SELECT on each table; changes are delivered without it, a snapshot would need it'
    const closed = watched.filter((table) => !table.mayRead)
    if (closed.length === 0) return well(`${role.name} can read all ${watched.length}`, expected)
    const to = quoteIdentifier(role.name)
    const schemas = [...new Set(closed.map(({ schema }) => schema))]
    return finding('warn', 'TABLE_NOT_READABLE', {
      found: `${role.name} cannot read ${listed(closed.map(quoteTable))}`,
      expected,
      fix: [
        ...schemas.map((schema) =>
          statement(evidence, `GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${to}`, TABLE_OWNER),
        ),
        statement(evidence, `GRANT SELECT ON ${closed.map(quoteTable).join(', ')} TO ${to}`, TABLE_OWNER),
      ].map((fix) => ({ ...fix, manualBecause: 'it lets the role read the rows, and only a snapshot would need it' })),
    })
  },
}
