import { type Check, type CheckFix, unseen, well } from '../../check.ts'
import { heartbeatTableName, heartbeatTableStatements, insertHeartbeatRow } from '../beat/heartbeat-table.ts'
import { TABLE_OWNER } from '../connect/fix-runner.ts'
import { quoteIdentifier } from '../connect/quoting.ts'
import type { Evidence } from './evidence/evidence.ts'
import { finding, SOMEBODYS, statement } from './finding.ts'
import { suppressionFinding } from './obstacle-finding.ts'

/** Whether there is a row that somebody updates. */
export function usesTable({ config }: Evidence): boolean {
  return config.heartbeat.source.mode === 'table' || config.heartbeat.source.mode === 'job'
}

function makeTable(evidence: Evidence): readonly CheckFix[] {
  const listed = evidence.published?.publication.allTables === false
  return heartbeatTableStatements(evidence.config, evidence.role.name, listed).map((run) =>
    statement(evidence, run, "the database's owner or a superuser"),
  )
}

export const heartbeatTableCheck: Check<Evidence> = {
  id: 'postgresql.heartbeat-table',
  symptom: 1,
  title: 'the heartbeat table',
  codes: ['HEARTBEAT_TABLE_MISSING', 'HEARTBEAT_TABLE_SHAPE'],
  look(evidence) {
    if (!usesTable(evidence)) return null
    const { heartbeat, config } = evidence
    const name = heartbeatTableName(config)
    const expected = `a table ${name} with id, text and last_update in the database ${config.connection.database}`
    if (heartbeat.table === null) {
      const found = missingWhat(evidence)
      return finding('fail', 'HEARTBEAT_TABLE_MISSING', { found, expected, fix: makeTable(evidence) })
    }
    const { lacksColumns } = heartbeat.table
    if (lacksColumns.length === 0) return well(`${name} exists`, expected)
    return finding('fail', 'HEARTBEAT_TABLE_SHAPE', {
      found: `${name} lacks the column ${lacksColumns.join(', ')}`,
      expected,
      fix: [statement(evidence, `DROP TABLE ${name}`, TABLE_OWNER, SOMEBODYS), ...makeTable(evidence)].map((fix) => ({
        ...fix,
        manualBecause: SOMEBODYS,
      })),
    })
  },
}

function missingWhat({ heartbeat, config }: Evidence): string {
  const { schema, table } = config.heartbeat.source
  const where = heartbeat.elsewhere.length === 0 ? '' : `; a table ${table} is in the schema ${heartbeat.elsewhere[0]}`
  const what = heartbeat.schema === null ? `there is no schema ${schema}` : `the schema ${schema} has no table ${table}`
  return `in the database ${config.connection.database} ${what}${where}`
}

export const heartbeatRowCheck: Check<Evidence> = {
  id: 'postgresql.heartbeat-row',
  symptom: 1,
  title: 'the first row',
  codes: ['HEARTBEAT_ROW_MISSING', 'HEARTBEAT_SUPPRESSED'],
  look(evidence) {
    const { heartbeat, config } = evidence
    if (!usesTable(evidence) || heartbeat.table === null || heartbeat.table.lacksColumns.length > 0) return null
    const name = heartbeatTableName(config)
    const expected = `one row with id = 1 in ${name}`
    if (heartbeat.locked)
      return unseen(`the rows of ${name} cannot be read while the table is locked`, 'the end of the lock')
    if (heartbeat.row === null) {
      const grant = `GRANT SELECT ON ${name} TO ${quoteIdentifier(evidence.role.name)}`
      return unseen(`the rows of ${name} cannot be read`, grant, [statement(evidence, grant, TABLE_OWNER)])
    }
    if (heartbeat.row.first) return well('the row with id = 1 exists', expected)
    // What is not seen need not be missing.
    if (heartbeat.obstacles?.rowSecurity.active === true) {
      const hidden = suppressionFinding(evidence, `${name} shows no row with id = 1 to ${config.connection.user}`)
      if (hidden !== null) return hidden
    }
    // A connector in mode `table` inserts it at its first beat, a scheduled job updates nothing for ever.
    const status = config.heartbeat.source.mode === 'job' ? 'fail' : 'warn'
    const fix = [statement(evidence, insertHeartbeatRow(config), 'a user with INSERT on the table')]
    return finding(status, 'HEARTBEAT_ROW_MISSING', { found: `${name} has no row with id = 1`, expected, fix })
  },
}

export const heartbeatIndexCheck: Check<Evidence> = {
  id: 'postgresql.heartbeat-index',
  symptom: null,
  title: "the heartbeat table's indexes",
  codes: ['POSTGRES_HEARTBEAT_INDEXED'],
  look(evidence) {
    const { heartbeat, config } = evidence
    if (!usesTable(evidence) || heartbeat.table === null) return null
    const name = heartbeatTableName(config)
    const expected = `no index on ${name} but the primary key, so that updates stay HOT`
    const { indexes } = heartbeat.table
    if (indexes.length === 0) return well('only the primary key', expected)
    return finding('warn', 'POSTGRES_HEARTBEAT_INDEXED', {
      found: `${name} also has ${indexes.map((index) => index.name).join(', ')}`,
      expected,
      fix: indexes.map((index) => statement(evidence, index.drop, TABLE_OWNER, SOMEBODYS)),
    })
  },
}
