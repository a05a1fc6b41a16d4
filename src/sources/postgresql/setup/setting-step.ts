import { query } from '../../../model/fix.ts'
import { EVERYBODY, manualStepIn, type SqlStep } from '../../admin/sql-step.ts'
import type { PostgresqlConfig } from '../config.ts'
import { CAN_DECODE } from '../inspect/server-facts.ts'
import type { ServiceFacts } from './service.ts'

/** The required and the recommended server settings. They need a restart or the service's console, so setup changes none of them. */
export function settingSteps(config: PostgresqlConfig, service: ServiceFacts): readonly SqlStep[] {
  const step = manualStepIn(config.connection.database)
  return [
    step('wal-level', 'Reading changes needs wal_level = logical. From 19 on, replica is enough on a primary.', {
      fix: service.walLevel,
      done: { query: `SELECT ${CAN_DECODE}`, params: [] },
      evidence: { query: WAL_LEVEL, params: [] },
    }),
    step('max-replication-slots', 'The connector needs a free replication slot.', {
      fix: [
        query('SELECT slot_name, active FROM pg_replication_slots', EVERYBODY),
        service.setting('max_replication_slots', '<number of slots in use, plus a reserve>'),
      ],
      done: {
        query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = $1)
          OR (SELECT count(*) FROM pg_catalog.pg_replication_slots) < pg_catalog.current_setting('max_replication_slots')::int`,
        params: [config.slot],
      },
      evidence: {
        query:
          "SELECT 'all ' || pg_catalog.current_setting('max_replication_slots') || ' slots of max_replication_slots are in use'",
        params: [],
      },
    }),
    step('max-wal-senders', 'The connector needs a free WAL sender.', {
      fix: [service.setting('max_wal_senders', '<number of senders in use, plus a reserve>')],
      done: {
        query: `SELECT (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'walsender')
          < pg_catalog.current_setting('max_wal_senders')::int`,
        params: [],
      },
    }),
    step('max-slot-wal-keep-size', KEEP, {
      optional: true,
      fix: [service.setting('max_slot_wal_keep_size', "'<what the disk can spare>'")],
      done: { query: "SELECT pg_catalog.current_setting('max_slot_wal_keep_size') <> '-1'", params: [] },
    }),
  ]
}

const WAL_LEVEL = `SELECT 'wal_level is ' || setting || CASE WHEN source IN ('command line', 'environment variable')
    THEN ', given on the command line of the server: change it there, since ALTER SYSTEM does not override it' ELSE '' END
  FROM pg_catalog.pg_settings WHERE name = 'wal_level'`

const KEEP =
  'A slot retains the log for a stopped connector until the disk is full, unless max_slot_wal_keep_size limits it; beyond the limit the position is lost. Choose a limit that covers your longest pause: `offbeat plan` checks it.'
