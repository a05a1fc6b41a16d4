import type { ErrorEntry } from '../error-entry.ts'

/** Errors on PostgreSQL that only the doctor finds. */
export const POSTGRESQL_CHECK_ERRORS = {
  POSTGRES_HEARTBEAT_INDEXED: {
    kind: 'notice',
    summary:
      'The heartbeat table has an index besides its primary key: each heartbeat then writes more log and leaves dead entries.',
    cure: 'Drop the index, unless it is needed.',
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
  POSTGRES_IDLE_TIMEOUT_SHORT: {
    kind: 'notice',
    summary:
      '`idle_replication_slot_timeout` is shorter than a weekend: a connector that is stopped for longer loses its position.',
    cure: 'Raise it, as the fix shows, or set it to 0.',
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
