import type { ErrorEntry } from '../error-entry.ts'

/** What only the doctor finds on PostgreSQL. */
export const POSTGRESQL_CHECK_ERRORS = {
  POSTGRES_HEARTBEAT_ROW_MISSING: {
    kind: 'notice',
    summary: 'The heartbeat table has no row with id 1.',
    cure: 'Insert it, as the fix shows. A connector in mode `table` inserts it with its first heartbeat; a scheduled job does not.',
    retry: false,
  },
  POSTGRES_HEARTBEAT_INDEXED: {
    kind: 'notice',
    summary:
      'The heartbeat table has an index besides its primary key: each heartbeat then writes more log and leaves dead entries.',
    cure: 'Drop the index, unless it is needed.',
    retry: false,
  },
  POSTGRES_HEARTBEAT_STILL: {
    kind: 'notice',
    summary: 'The heartbeat row has not changed for three intervals.',
    cure: 'See the checks of the job, or of the connector that should write it.',
    retry: false,
  },
  POSTGRES_TABLE_NOT_READABLE: {
    kind: 'notice',
    summary:
      'The user cannot SELECT from a watched table. Its changes are delivered; a snapshot would not be possible.',
    cure: 'Grant the privileges, as the fix shows.',
    retry: false,
  },
  POSTGRES_SCHEDULER_NOT_LOADED: {
    kind: 'configuration',
    summary: 'The primary does not load pg_cron, so no scheduled job runs there.',
    cure: 'Add pg_cron to `shared_preload_libraries` and restart the server.',
    retry: false,
  },
  POSTGRES_SCHEDULER_MISSING: {
    kind: 'configuration',
    summary: 'The extension pg_cron is not in the database that the scheduler reads its jobs from.',
    cure: 'Create it there, as the fix shows.',
    retry: false,
  },
  POSTGRES_PRIMARY_ELSEWHERE: {
    kind: 'configuration',
    summary:
      'The server that is read is not a standby (it may have been promoted), and `primary` leads to another server or to none.',
    cure: 'Remove `primary` from the configuration. The job that writes the heartbeats is on the server that is read.',
    retry: false,
  },
  POSTGRES_PRIMARY_IS_STANDBY: {
    kind: 'configuration',
    summary: '`primary` names a standby: no scheduled job runs there.',
    cure: 'Set `primary` to the primary.',
    retry: false,
  },
  POSTGRES_JOB_MISSING: {
    kind: 'configuration',
    summary: 'There is no scheduled job that updates the heartbeat table.',
    cure: 'Schedule it, as the fix shows.',
    retry: false,
  },
  POSTGRES_JOB_DISABLED: {
    kind: 'configuration',
    summary: 'The scheduled job that updates the heartbeat row is disabled.',
    cure: 'Enable it, as the fix shows.',
    retry: false,
  },
  POSTGRES_JOB_OTHER_DATABASE: {
    kind: 'configuration',
    summary: 'The scheduled job that updates the heartbeat row runs in another database.',
    cure: 'Let it run in the database that is captured, as the fix shows.',
    retry: false,
  },
  POSTGRES_JOB_SCHEDULE: {
    kind: 'configuration',
    summary: 'The scheduled job runs less often than the interval that is configured for layer 2.',
    cure: 'Change its schedule, as the fix shows, or `heartbeat.source.interval`.',
    retry: false,
  },
  POSTGRES_JOB_OTHER_ROW: {
    kind: 'configuration',
    summary: 'The scheduled job does not update the row with id 1 of the heartbeat table.',
    cure: 'Change its command, as the fix shows.',
    retry: false,
  },
  POSTGRES_JOB_FAILING: {
    kind: 'configuration',
    summary: 'The last run of the scheduled job failed, or changed no row.',
    cure: 'Fix what its message names.',
    retry: false,
  },
  POSTGRES_JOB_NOT_RUNNING: {
    kind: 'configuration',
    summary: 'The scheduled job is enabled and has not run when it should have.',
    cure: 'Check that the scheduler of pg_cron runs, as the fix shows.',
    retry: false,
  },
  POSTGRES_OPERATIONS_NOT_PUBLISHED: {
    kind: 'notice',
    summary: 'The publication leaves out inserts, updates or deletes: they are never delivered.',
    cure: 'Publish them, as the fix shows, unless this is intended.',
    retry: false,
  },
  POSTGRES_NO_REPLICA_IDENTITY: {
    kind: 'notice',
    summary: 'A published table has no usable replica identity, so PostgreSQL refuses UPDATE and DELETE on it.',
    cure: 'Give it a primary key, or the replica identity that the fix shows, or remove it from the publication.',
    retry: false,
  },
  POSTGRES_NO_SENDERS_LEFT: {
    kind: 'configuration',
    summary: 'The server has no free WAL sender for a stream.',
    cure: 'Raise `max_wal_senders` (needs a restart), or close connections that are not needed.',
    retry: true,
  },
  POSTGRES_NO_KEEPALIVES: {
    kind: 'notice',
    summary: '`wal_sender_timeout` is 0: the server sends no keepalives, and does not notice a dead reader.',
    cure: 'Set it, as the fix shows.',
    retry: false,
  },
  POSTGRES_RETENTION_UNBOUNDED: {
    kind: 'notice',
    summary: '`max_slot_wal_keep_size` is not set: a slot that is not read fills the disk of the server.',
    cure: 'Set it to what the disk can spare, as the fix shows; a slot that retains more is then invalidated.',
    retry: false,
  },
  POSTGRES_RETENTION_SHORT: {
    kind: 'notice',
    summary:
      '`max_slot_wal_keep_size` is small: after a short pause of the connector or a burst of writes its position is lost.',
    cure: 'Raise it, as the fix shows.',
    retry: false,
  },
  POSTGRES_IDLE_TIMEOUT_SHORT: {
    kind: 'notice',
    summary:
      '`idle_replication_slot_timeout` is shorter than a weekend: a connector that is stopped for longer loses its position.',
    cure: 'Raise it, as the fix shows, or set it to 0.',
    retry: false,
  },
  POSTGRES_LOG_HELD: {
    kind: 'notice',
    summary:
      'Something besides our slot retains the log of the server: a long or prepared transaction, or another slot.',
    cure: 'End it if it is not needed; each is named with its statement.',
    retry: false,
  },
  POSTGRES_STANDBY_FEEDBACK: {
    kind: 'notice',
    summary:
      '`hot_standby_feedback` is off on the standby that is read: a vacuum on the primary can invalidate the slot.',
    cure: 'Turn it on, as the fix shows.',
    retry: false,
  },
  POSTGRES_STANDBY_LATE: {
    kind: 'notice',
    summary: 'The standby that is read does not follow its primary, or follows late.',
    cure: 'Resume the replay, or check why the standby does not receive the log.',
    retry: false,
  },
  POSTGRES_STREAM_HELD: {
    kind: 'notice',
    summary:
      '`synchronized_standby_slots` names a slot without a standby (17 and later): the server sends nothing more to a failover slot, and reports this only in its own log.',
    cure: 'Start the standby, or remove the name, as the fix shows. After a failover check the setting on the new primary too.',
    retry: false,
  },
  POSTGRES_SLOT_NOT_KEPT: {
    kind: 'notice',
    summary:
      'Several hosts are configured, and the slot is on one of them only: after a failover the position is lost.',
    cure: 'Synchronize it to the standbys, as the fix shows (17 and later).',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
