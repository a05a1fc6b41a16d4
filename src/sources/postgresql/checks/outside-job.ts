import { inShell } from '../../../model/fix.ts'
import type { SilenceCause } from '../../heartbeat/row-trace.ts'
import { heartbeatTableName } from '../beat/heartbeat-table.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { unseenBecause } from './unseen-beat.ts'

/** Of a job outside the database nothing can be seen but what it does to the row. */
export function outsideChain(config: PostgresqlConfig, source: string): SilenceCause<PostgresConnection> {
  return {
    still: async () => ({
      found: `the row in ${heartbeatTableName(config)} does not change: the job outside the database does not run, or it fails`,
      fix: [inShell(`offbeat beat ${source}`, { note: 'what the job runs; it shows why a heartbeat fails' })],
    }),
    unseen: ({ connection, signal }) => unseenBecause({ config, source, connection, signal }),
  }
}
