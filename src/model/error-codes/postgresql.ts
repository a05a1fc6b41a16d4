import type { ErrorEntry } from '../error-entry.ts'

export const POSTGRESQL_ERRORS = {
  POSTGRES_FUNCTION_FAILED: {
    kind: 'unknown',
    summary: 'A function of the database, called by a trigger, failed or refused what Offbeat does.',
    cure: 'Check the function that the message names. Change it, or disable the trigger that calls it. Offbeat retries until it works.',
    retry: true,
  },
  POSTGRES_POOLER: {
    kind: 'configuration',
    summary:
      'The configured host is a connection pooler such as PgBouncer, which passes on neither replication nor session settings.',
    cure: 'Set host and port to those of the PostgreSQL server itself. Your applications can continue to use the pooler.',
    retry: false,
  },
  POSTGRES_TABLE_PUBLISHED: {
    kind: 'notice',
    summary: 'A watched table was added to the publication: its changes are delivered from here on.',
    cure: 'None needed; rows that it had before are not read.',
    retry: false,
  },
  POSTGRES_TABLE_NARROWED: {
    kind: 'notice',
    summary:
      'The row filter or the column list of a watched table in the publication was changed: not all of its changes are delivered.',
    cure: 'None needed if it is intended; otherwise publish the whole table, as the fix shows.',
    retry: false,
  },
  POSTGRES_TABLE_REPUBLISHED: {
    kind: 'notice',
    summary: 'A table, a schema or the publication itself was removed and added again between two inspections.',
    cure: 'If both happened in one transaction, nothing is missing. Otherwise changes committed in between are missing: compare the tables with what was delivered.',
    retry: false,
  },
  POSTGRES_STANDBY: {
    kind: 'configuration',
    summary: 'The server is a standby, and its version cannot decode the log on a standby.',
    cure: 'Connect to the primary, or use PostgreSQL 16 or newer on the standby.',
    retry: false,
  },
  POSTGRES_ONLY_STANDBY: {
    kind: 'transient',
    summary: 'Only a standby answers, or one that lags behind: it does not show whether the position is lost.',
    cure: 'It is retried until the primary is back. Otherwise check why none of the configured hosts is a primary that accepts the connection.',
    retry: true,
  },
  POSTGRES_STANDBY_PROMOTED: {
    kind: 'transient',
    summary: 'The standby that is read, or the server it follows, was promoted while it was being read.',
    cure: 'None needed: reading resumes at the stored offset, after it was verified in the history of the new timeline.',
    retry: true,
  },
  POSTGRES_FAILOVER_UNSUPPORTED: {
    kind: 'configuration',
    summary: '`failover: true` needs a slot that is synchronized to standbys, and this server cannot create one.',
    cure: 'Use the primary of PostgreSQL 17 or newer, or remove `failover` from the configuration.',
    retry: false,
  },
  POSTGRES_SLOT_NOT_FAILOVER: {
    kind: 'notice',
    summary:
      'The slot exists and is not a failover slot, though `failover: true` is configured: a failover would lose the position.',
    cure: 'Stop the connector, run the fix, and start it again.',
    retry: false,
  },
  POSTGRES_REPLICATION_DENIED: {
    kind: 'permission',
    summary: 'The user cannot read the log: the role lacks the REPLICATION attribute.',
    cure: 'Grant it, as the fix shows (managed services have their own role or procedure for it).',
    retry: false,
  },
  POSTGRES_WAL_LEVEL: {
    kind: 'configuration',
    summary: 'The server does not log enough to read changes (`wal_level`).',
    cure: 'Set `wal_level = logical` and restart the server. On a primary of version 19 or newer `replica` is enough.',
    retry: false,
  },
  POSTGRES_PUBLICATION_MISSING: {
    kind: 'configuration',
    summary: 'The publication does not exist in the database.',
    cure: 'Create it, as the fix shows, or name another one in `publication`.',
    retry: false,
  },
  POSTGRES_NO_SLOTS_LEFT: {
    kind: 'configuration',
    summary: 'The server has no replication slot left.',
    cure: 'Raise `max_replication_slots` (needs a restart), or drop an unused slot.',
    retry: true,
  },
  POSTGRES_SLOT_IN_USE: {
    kind: 'transient',
    summary: 'The replication slot is being read by another connection.',
    cure: 'It is retried. If the other connection is not an old one of Offbeat, stop it, or configure another `slot`.',
    retry: true,
  },
  POSTGRES_SLOT_NOT_OURS: {
    kind: 'configuration',
    summary: 'The replication slot exists, but no offset is stored for it; another application may use it.',
    cure: 'Take it over explicitly, configure another `slot`, or drop it. If the first start was killed after it created the slot and before it stored an offset, taking the slot over loses nothing.',
    retry: false,
  },
  POSTGRES_SLOT_OTHER_PLUGIN: {
    kind: 'configuration',
    summary: 'The replication slot does not use the plugin pgoutput.',
    cure: 'Configure another `slot`; this one belongs to another application.',
    retry: false,
  },
  POSTGRES_SLOT_OTHER_DATABASE: {
    kind: 'configuration',
    summary: 'The replication slot belongs to another database of the server.',
    cure: 'Configure another `slot`: slot names are unique in the whole server.',
    retry: false,
  },
  POSTGRES_SLOT_TWO_PHASE: {
    kind: 'configuration',
    summary: 'The replication slot was created with `two_phase`: it decodes transactions at their PREPARE.',
    cure: 'Configure another `slot`, or turn the option off, as the fix shows (PostgreSQL 18 and newer).',
    retry: false,
  },
  POSTGRES_SLOT_MISSING: {
    kind: 'lost position',
    summary: 'The replication slot does not exist any more.',
    cure: 'Choose: connect to the server that still has the slot, or start again with a gap.',
    retry: false,
  },
  POSTGRES_SLOT_INVALIDATED: {
    kind: 'lost position',
    summary: 'PostgreSQL has invalidated the replication slot: the log after the stored offset is no longer kept.',
    cure: 'Drop it and start again with a gap; and change the setting that caused it.',
    retry: false,
  },
  POSTGRES_SLOT_AHEAD: {
    kind: 'lost position',
    summary: 'The replication slot is ahead of the stored offset: the server would skip the changes in between.',
    cure: 'Find out which client moved or replaced the slot; then choose how to continue.',
    retry: false,
  },
  POSTGRES_WAL_REMOVED: {
    kind: 'lost position',
    summary: 'PostgreSQL no longer has the WAL segment of the stored offset.',
    cure: 'Choose: put the files back into `pg_wal`, connect to a server that has them, or start again with a gap.',
    retry: false,
  },
  POSTGRES_TIMELINE_DIVERGED: {
    kind: 'lost position',
    summary: 'The stored offset is not in the history of this server: its timeline branched off before the offset.',
    cure: 'Connect to the server that has the offset in its history, or start again on this one.',
    retry: false,
  },
  POSTGRES_HEARTBEAT_HIDDEN: {
    kind: 'notice',
    summary: 'The publication has a row filter or a column list on the heartbeat table, which can hide heartbeats.',
    cure: 'Publish the whole heartbeat table.',
    retry: false,
  },
  POSTGRES_HEARTBEAT_NOT_PUBLISHED: {
    kind: 'notice',
    summary:
      'The heartbeat table is not in the publication, or its updates are not published: heartbeats can never come back.',
    cure: 'Add it to the publication, as the fix shows.',
    retry: false,
  },
  POSTGRES_TABLE_NOT_PUBLISHED: {
    kind: 'notice',
    summary: 'A watched table is not in the publication: its changes are not delivered.',
    cure: 'Add it to the publication, as the fix shows, or remove it from `tables`.',
    retry: false,
  },
  POSTGRES_PARTITION_NOT_WATCHED: {
    kind: 'notice',
    summary:
      'The rows of a watched partitioned table or partition are published under the name of a table that is not watched: they are not delivered.',
    cure: 'Watch the tables under whose names they are published, or change `publish_via_partition_root` of the publication.',
    retry: false,
  },
  POSTGRES_SLOT_CREATED: {
    kind: 'notice',
    summary: 'The replication slot did not exist and was created: from now on the server retains its log for it.',
    cure: 'Drop the slot when you remove the source, or the log fills the disk.',
    retry: false,
  },
  POSTGRES_SLOT_WAITS: {
    kind: 'notice',
    summary: 'Creating the replication slot waits for transactions that were open before it.',
    cure: 'Wait until they end, or end them.',
    retry: false,
  },
  POSTGRES_PROMOTED: {
    kind: 'notice',
    summary: 'The server was promoted; the stored offset is in its history, so reading continues.',
    cure: 'None needed.',
    retry: false,
  },
  POSTGRES_PROTOCOL_INVALID: {
    kind: 'defect',
    summary: 'A message in the log of PostgreSQL does not follow the pgoutput protocol.',
    cure: 'It was not delivered. Please report it with the kind and the offset that the message names, and the version of the server.',
    retry: false,
  },
  POSTGRES_ENCODING: {
    kind: 'configuration',
    summary: 'The server cannot convert the encoding of the database (MULE_INTERNAL) to UTF-8.',
    cure: 'Move its data to a database with the encoding UTF8.',
    retry: false,
  },
  POSTGRES_PUBLICATION_GAP: {
    kind: 'configuration',
    summary:
      'The log has rows that were written while the publication did not exist, and the server (14 to 17) refuses to send what follows.',
    cure: 'Go past them with `offbeat offsets skip SOURCE --unreadable`, which loses only what was written meanwhile.',
    retry: false,
  },
  POSTGRES_FILTER_FAILED: {
    kind: 'configuration',
    summary: 'A row filter of the publication fails on a row in the log, so the server cannot send it.',
    cure: 'Fix the filter for new rows. Rows that are already in the log are filtered as the filter was then; go past them with `offbeat offsets skip SOURCE --unreadable`, which loses the transactions that cannot be sent.',
    retry: false,
  },
  POSTGRES_TEXT_UNCONVERTED: {
    kind: 'configuration',
    summary: 'A text in the database has a character that the server cannot convert to UTF-8.',
    cure: 'Skip the transaction, as the fix shows, and correct the rows in the database. If no transaction is named, only a new start gets past it: `offbeat offsets reset`.',
    retry: false,
  },
  POSTGRES_ROW_TOO_LARGE: {
    kind: 'configuration',
    summary:
      'A row in the log is larger than PostgreSQL can send: 1 GiB as text, where a bytea takes two bytes for one.',
    cure: 'Skip the transaction, as the fix shows. For later rows, leave the column out of the publication (PostgreSQL 15 and later), or keep large values outside of the database.',
    retry: false,
  },
  POSTGRES_PARTITION_IDENTITY: {
    kind: 'notice',
    summary:
      'A partition is published under the name of its root, and its replica identity does not include the key of the root.',
    cure: 'Set the replica identity of the partition as the fix shows. Until then deletes of its rows have no key, and an update that changes the key is delivered as a plain update, so consumers keep the old row.',
    retry: false,
  },
  POSTGRES_KEY_INCOMPLETE: {
    kind: 'notice',
    summary: 'The publication leaves out columns of the key of a table, so its messages have no key.',
    cure: 'Publish the missing columns: on PostgreSQL 18, ALTER PUBLICATION ... SET (publish_generated_columns = stored) for generated columns. Before 18 generated columns cannot be published: give the table a replica identity without them (REPLICA IDENTITY USING INDEX). `offbeat doctor` prints the statement.',
    retry: false,
  },
  POSTGRES_KEY_DEFERRABLE: {
    kind: 'notice',
    summary: 'A published table has a deferrable primary key, so two of its rows can swap keys in one transaction.',
    cure: 'Make the key not deferrable, as the fix shows, or do not swap keys: give one of the rows an unused key first, in a separate transaction.',
    retry: false,
  },
  POSTGRES_KEY_UNCERTAIN: {
    kind: 'notice',
    summary: 'The key that a table had when its rows were written is not known.',
    cure: 'Compare the keys of the messages that follow with the table. PostgreSQL does not log the primary key of a table whose replica identity is FULL or NOTHING; Offbeat remembers it from the rows that it has read. Change a primary key while the connector is running and has read all rows that were written before.',
    retry: false,
  },
  POSTGRES_TYPE_UNKNOWN: {
    kind: 'notice',
    summary: 'A type was dropped before rows with its values were read, and Offbeat had not seen it before.',
    cure: "The values of the columns are PostgreSQL's text, as JSON strings, until the transaction that dropped the type has been read. Drop a type only after its rows were delivered.",
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
