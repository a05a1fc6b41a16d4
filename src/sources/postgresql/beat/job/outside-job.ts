import { outsideStandsStill } from '../../../../doctor/heartbeat/silence.ts'
import type { SilenceCause } from '../../../heartbeat/row-trace.ts'
import type { PostgresqlConfig } from '../../config.ts'
import type { PostgresConnection } from '../../connect/connection.ts'
import { heartbeatTableName } from '../heartbeat-table.ts'
import { unseenBecause } from '../unseen-beat.ts'

export function outsideChain(config: PostgresqlConfig, source: string): SilenceCause<PostgresConnection> {
  return {
    still: async () => outsideStandsStill(heartbeatTableName(config), source),
    unseen: ({ connection, signal }) => unseenBecause({ config, source, connection, signal }),
  }
}
