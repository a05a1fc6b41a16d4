import { forPerson } from '../../../model/fix.ts'
import { manualStepIn, type SqlStep, stepIn } from '../../admin/sql-step.ts'
import { usesTable } from '../../heartbeat/finding.ts'
import {
  BEAT_PRIVILEGES,
  createHeartbeatDatabase,
  createHeartbeatTable,
  grantHeartbeat,
  heartbeatTableName,
  insertHeartbeatRow,
} from '../beat/heartbeat-table.ts'
import type { MysqlConfig } from '../config.ts'
import { type Account, neutralLiteral } from '../connect/quoting.ts'
import { sameText, tablePrivileges } from './question/privilege-question.ts'
import { GRANTER } from './user-step.ts'

const step = stepIn(null)

/** Creates the heartbeat table, which the connector itself or a job will write. */
export function heartbeatSteps(config: MysqlConfig, account: Account, writer: 'connector' | 'job'): readonly SqlStep[] {
  const { schema, table } = config.heartbeat.source
  const inDatabase = neutralLiteral(schema)
  return [
    step('heartbeat-database', 'The heartbeat table has its own database, separate from your tables.', {
      who: 'a user with CREATE',
      run: [createHeartbeatDatabase(config)],
      done: {
        query: `SELECT EXISTS (SELECT 1 FROM information_schema.SCHEMATA WHERE ${sameText('SCHEMA_NAME', inDatabase)})`,
        params: [],
      },
    }),
    step(
      'heartbeat-table',
      'One row of it changes once an interval, so that the log has an event that the connector must see.',
      {
        who: 'a user with CREATE',
        run: [createHeartbeatTable(config, 'column lines')],
        done: {
          query: `SELECT EXISTS (SELECT 1 FROM information_schema.TABLES
          WHERE ${sameText('TABLE_SCHEMA', inDatabase)} AND ${sameText('TABLE_NAME', neutralLiteral(table))})`,
          params: [],
        },
      },
    ),
    step('heartbeat-grants', writer === 'connector' ? CONNECTOR_WRITES : JOB_WRITES, {
      who: GRANTER,
      run: [grantHeartbeat(config, account, writer)],
      done: tablePrivileges(account, { database: schema, name: table }, BEAT_PRIVILEGES[writer]),
    }),
    step('heartbeat-row', 'The row that each heartbeat changes.', {
      who: 'a user with INSERT on the table',
      run: [insertHeartbeatRow(config)],
      done: { query: `SELECT EXISTS (SELECT 1 FROM ${heartbeatTableName(config)} WHERE id = 1)`, params: [] },
    }),
  ]
}

const CONNECTOR_WRITES = 'The connector updates the row, and inserts it when it is missing.'
const JOB_WRITES = 'The job updates the row as this user; the connection that reads writes nothing.'

/** With lower_case_table_names the server stores and logs names in lower case, and the connector compares them exactly. */
export function caseSteps({ heartbeat: { source } }: MysqlConfig): readonly SqlStep[] {
  const names = [source.schema, source.table]
  if (!usesTable(source) || names.every((name) => name === name.toLowerCase())) return []
  return [
    manualStepIn(null)(
      'name-case',
      'Where lower_case_table_names is set, the log has all names of tables in lower case.',
      {
        blocks: true,
        onlyWhere: 'lower_case_table_names is not 0',
        fix: [forPerson('write heartbeat.source.schema and heartbeat.source.table in lower case')],
        done: { query: 'SELECT @@GLOBAL.lower_case_table_names = 0', params: [] },
      },
    ),
  ]
}
