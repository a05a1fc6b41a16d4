import type { ErrorEntry } from '../error-entry.ts'

/** Errors on MySQL and MariaDB that only the doctor finds. */
export const MYSQL_CHECK_ERRORS = {
  MYSQL_LOG_FORMAT: {
    kind: 'configuration',
    summary: '`binlog_format` is not ROW: the server logs statements, without the rows that they change.',
    cure: 'Set it to ROW, as the fix shows. Sessions that are open keep their own value until they connect again.',
    retry: false,
  },
  MYSQL_ROW_IMAGE: {
    kind: 'notice',
    summary:
      '`binlog_row_image` is not FULL: the log leaves out columns of changed rows, and messages mark them as unavailable.',
    cure: 'Set it to FULL, as the fix shows, unless the shorter log is intended.',
    retry: false,
  },
  MYSQL_ROW_METADATA: {
    kind: 'notice',
    summary:
      '`binlog_row_metadata` is not FULL: the log does not name the columns, so they are read from the catalogue as it is now.',
    cure: 'Set it to FULL, as the fix shows. Without it, some changes of a watched table stop the connector (MYSQL_COLUMNS_UNKNOWN).',
    retry: false,
  },
  MYSQL_NO_CHECKSUM: {
    kind: 'notice',
    summary: '`binlog_checksum` is NONE: damaged events of the binary log are not recognized.',
    cure: 'Set it to CRC32, as the fix shows. The server then begins a new file.',
    retry: false,
  },
  MYSQL_LOG_FILTERED: {
    kind: 'configuration',
    summary:
      'A filter (`binlog_do_db`, `binlog_ignore_db`) keeps a database with watched tables out of the binary log.',
    cure: 'Remove the filter from the option file of the server, and restart the server.',
    retry: false,
  },
  MYSQL_REPLICATION_FILTERED: {
    kind: 'configuration',
    summary:
      'A replication filter of the replica that is read leaves out watched tables: it neither applies nor logs their changes.',
    cure: 'Remove the filter, as the fix shows, or read from the primary. The rows that were left out are not applied afterwards.',
    retry: false,
  },
  MYSQL_REPLICA_NOT_LOGGED: {
    kind: 'configuration',
    summary:
      'The replica that is read does not log what it applies: `log_replica_updates` (`log_slave_updates`) is off.',
    cure: 'Turn it on in the option file and restart the replica, or read from the primary.',
    retry: false,
  },
  MYSQL_REPLICA_STOPPED: {
    kind: 'notice',
    summary: 'The replica that is read does not receive or does not apply the changes of its source.',
    cure: 'Start the replication, as the fix shows. If a thread stops again, its error names the cause.',
    retry: false,
  },
  MYSQL_REPLICA_LATE: {
    kind: 'notice',
    summary: 'The replica that is read applies the changes of its source late.',
    cure: 'Remove a configured delay, as the fix shows, or check the load of the replica.',
    retry: false,
  },
  MYSQL_NO_GTIDS: {
    kind: 'notice',
    summary:
      '`gtid_mode` is not ON: an offset is a file and a position, which mean nothing on another server, so a failover loses it.',
    cure: 'Turn GTIDs on, as the fix shows, on all servers of the group.',
    retry: false,
  },
  MYSQL_NO_KEY: {
    kind: 'notice',
    summary: 'A watched table has no primary key: its messages have no key.',
    cure: 'Add a primary key.',
    retry: false,
  },
  MYSQL_NOT_TRANSACTIONAL: {
    kind: 'notice',
    summary:
      'A watched table has an engine without transactions: what a rolled-back transaction changed in it stays, and such a transaction stops the connector.',
    cure: 'Convert it to InnoDB, as the fix shows.',
    retry: false,
  },
  MYSQL_CASCADE_NOT_LOGGED: {
    kind: 'notice',
    summary:
      'A foreign key of a watched table deletes or updates its rows by a cascade inside InnoDB, and the server logs no such change.',
    cure: 'Let the application change these rows itself, with a foreign key without the cascade, as the fix shows. MySQL 9.6 and later log cascades unless `innodb_native_foreign_keys` is on.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
