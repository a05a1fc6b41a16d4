import { type SqlStep, stepIn } from '../../admin/sql-step.ts'
import {
  BEAT_PRIVILEGES,
  createHeartbeatSchema,
  createHeartbeatTable,
  grantHeartbeat,
  heartbeatTableName,
  insertHeartbeatRow,
} from '../beat/heartbeat-table.ts'
import type { PostgresqlConfig } from '../config.ts'
import { ROLE } from './user-step.ts'
import { privilegesQuestion, usageStep } from './watched-step.ts'

const SCHEMA_USE = 'A user of a table needs USAGE on its schema.'

/** Creates the heartbeat table, which the connector itself or a job will write. */
export function heartbeatSteps(config: PostgresqlConfig, writer: 'connector' | 'job'): readonly SqlStep[] {
  const { schema, table } = config.heartbeat.source
  const step = stepIn(config.connection.database)
  const name = heartbeatTableName(config)
  return [
    step('heartbeat-schema', 'The heartbeat table has its own schema, separate from your tables.', {
      run: [createHeartbeatSchema(config)],
      done: { query: 'SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)', params: [schema] },
    }),
    step('heartbeat-table', TABLE, {
      run: [createHeartbeatTable(config, 'column lines')],
      done: {
        query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = $1 AND c.relname = $2)`,
        params: [schema, table],
      },
    }),
    usageStep(config, schema, SCHEMA_USE),
    step('heartbeat-grants', writer === 'connector' ? CONNECTOR_WRITES : JOB_WRITES, {
      run: [grantHeartbeat(config, ROLE, writer)],
      done: privilegesQuestion(config, { schema, name: table }, BEAT_PRIVILEGES[writer]),
    }),
    step('heartbeat-row', 'The row that each heartbeat changes.', {
      run: [insertHeartbeatRow(config)],
      done: { query: `SELECT EXISTS (SELECT FROM ${name} WHERE id = 1)`, params: [] },
    }),
  ]
}

const TABLE =
  'One row of it changes once an interval, so that the log has an event that the connector must see. Create no other index on it: then an update changes no index (HOT), and the table does not grow.'
const CONNECTOR_WRITES = 'The connector updates the row, and inserts it when it is missing.'
const JOB_WRITES = 'The job updates the row as this user; the connection that reads writes nothing.'

export const HEARTBEAT_PUBLISHED =
  'Without it the heartbeat never reaches the connector. A publication of all tables has it already, and the server then refuses the statement.'
