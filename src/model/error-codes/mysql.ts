import type { ErrorEntry } from '../error-entry.ts'

/** Errors of MySQL and MariaDB. */
export const MYSQL_ERRORS = {
  MYSQL_EVENT_INVALID: {
    kind: 'defect',
    summary: 'An event of the binary log does not have the form that its type and version prescribe.',
    cure: 'It was not delivered. Please report it with the file, the offset and the type that the message names, and the version of the server.',
    retry: false,
  },
  MYSQL_EVENT_UNSUPPORTED: {
    kind: 'configuration',
    summary: 'The binary log has an event that Offbeat does not read.',
    cure: 'Turn off the option of the server that the message names. The event itself has to be passed with offsets skip.',
    retry: false,
  },
  MYSQL_CHECKSUM_WRONG: {
    kind: 'unknown',
    summary: 'The checksum of an event of the binary log does not fit its bytes.',
    cure: 'The log is read again from the stored offset. If it fails again at the same offset, the file on the server is damaged: check it with mysqlbinlog --verify-binlog-checksum or mariadb-binlog.',
    retry: true,
  },
  MYSQL_COLUMNS_UNKNOWN: {
    kind: 'configuration',
    summary:
      'The binary log does not name the columns of a table, and the catalogue has others than those of the rows.',
    cure: 'Set binlog_row_metadata to FULL, so that the log names the columns of what is written from then on. Rows written before have to be read while the table is as it was, or passed with offsets skip.',
    retry: false,
  },
  MYSQL_CHARSET_UNSUPPORTED: {
    kind: 'configuration',
    summary: 'A column has a character set or a collation that Offbeat cannot convert.',
    cure: 'Convert the column to utf8mb4, or leave its table out of the watched ones.',
    retry: false,
  },
  MYSQL_STATEMENT_LOGGED: {
    kind: 'configuration',
    summary: 'A change of a watched table is in the binary log as a statement, without its rows.',
    cure: 'Set binlog_format to ROW, also in the sessions and connections that set it themselves. The rows of the statement are not in the log: compare the table with what was delivered, then pass it with offsets skip.',
    retry: false,
  },
  MYSQL_ROLLBACK_LOGGED: {
    kind: 'configuration',
    summary: 'A transaction in the binary log was rolled back, in whole or in part, after changes of watched tables.',
    cure: 'The log does not show which of its rows the server kept: those of tables without transactions. Compare the tables with what was delivered, then pass it with offsets skip. Do not change tables of both kinds in one transaction.',
    retry: false,
  },
  MYSQL_XA_UNKNOWN: {
    kind: 'lost position',
    summary: 'A prepared XA transaction was committed whose rows lie before the position from which the log is read.',
    cure: 'Its rows cannot be delivered from here. Compare the tables with what was delivered, then pass it with offsets skip.',
    retry: false,
  },
  MYSQL_XA_TOO_LARGE: {
    kind: 'configuration',
    summary: 'The rows of prepared XA transactions take more memory than Offbeat keeps for them.',
    cure: 'Commit or roll back prepared transactions (XA RECOVER lists them), and prepare smaller ones.',
    retry: true,
  },
  MYSQL_INCIDENT: {
    kind: 'lost position',
    summary: 'The server recorded that changes are missing from its binary log.',
    cure: 'Compare the watched tables with what was delivered, then pass the event with offsets skip.',
    retry: false,
  },
  MYSQL_LOG_OFF: {
    kind: 'configuration',
    summary: 'The server writes no binary log.',
    cure: 'Turn it on, as the fix shows, and restart the server.',
    retry: false,
  },
  MYSQL_LOG_PURGED: {
    kind: 'lost position',
    summary: 'The server has purged binary logs that were not read yet.',
    cure: 'Put the files back from a backup, or start again at the current end of the log. Then keep the log for longer (binlog_expire_logs_seconds).',
    retry: false,
  },
  MYSQL_LOG_RESET: {
    kind: 'lost position',
    summary:
      'The binary log of the server begins again, or ends before the stored offset: it was reset (RESET BINARY LOGS AND GTIDS, RESET MASTER), or the server was restored.',
    cure: 'Find out what was done to the server; then connect to the right one, or start again at the current end of the log.',
    retry: false,
  },
  MYSQL_GTIDS_OFF: {
    kind: 'configuration',
    summary: 'The stored offset is a set of GTIDs, and the server writes transactions without GTIDs.',
    cure: 'Set gtid_mode to ON again, as the fix shows, or start again at the current end of the log.',
    retry: false,
  },
  MYSQL_GTID_MODE: {
    kind: 'configuration',
    summary:
      'The log after the stored offset has transactions with GTIDs and transactions without, of which the server sends only one kind in its present gtid_mode.',
    cure: 'Set gtid_mode to the permissive mode that the fix shows until they are read. In the permissive modes the server sends both kinds.',
    retry: false,
  },
  MYSQL_LOG_WITHOUT_FILES: {
    kind: 'configuration',
    summary:
      'The offset is a file and an offset, and the server keeps its binary log in InnoDB, where only GTIDs are positions.',
    cure: 'Set the offset to GTIDs, as the fix shows. A server that still has the file knows which ones they are.',
    retry: false,
  },
  MYSQL_REPLICA_BEHIND: {
    kind: 'transient',
    summary: 'The replica that is read has not applied all that was read from the server before it.',
    cure: 'It is retried until the replica has caught up. If it never will, because that server is lost: promote the replica, and the source stops with the choices that there are.',
    retry: true,
  },
  MYSQL_OTHER_SERVER: {
    kind: 'notice',
    summary:
      'Another server is read than before (a promoted replica). It has everything up to the stored offset, so reading continues.',
    cure: 'None needed.',
    retry: false,
  },
  MYSQL_GAP_PASSED: {
    kind: 'notice',
    summary:
      'The server has purged transactions that were not read. They are not in its log after the stored offset, so reading continues.',
    cure: 'None needed. The ledger has the proof.',
    retry: false,
  },
  MYSQL_DOMAIN_DELETED: {
    kind: 'transient',
    summary:
      'A domain of GTIDs was deleted from the log of MariaDB (FLUSH BINARY LOGS DELETE_DOMAIN_ID) while it was read.',
    cure: 'None needed: the log is requested again without it.',
    retry: true,
  },
  MYSQL_GTID_ORDER: {
    kind: 'lost position',
    summary: 'In a domain of GTIDs of MariaDB, a transaction follows with a sequence number that was already passed.',
    cure: 'Two servers wrote to one domain, a session set gtid_seq_no, or the domain was deleted and is used again: GTIDs of this domain are not a position in the log any more. Set gtid_strict_mode, and give each server that is written to a domain of its own. Compare the tables with what was delivered, then start again at the current end of the log.',
    retry: false,
  },
  MYSQL_SERVER_ID_IN_USE: {
    kind: 'transient',
    summary: 'Another reader of the binary log has the same server id, and the server serves the one that came last.',
    cure: 'It is retried. If the other reader is not an old connection of Offbeat, stop it, or give the source another `serverId`.',
    retry: true,
    byRival: true,
  },
  MYSQL_PRODUCT: {
    kind: 'configuration',
    summary: 'The server is a MariaDB and the source has the kind `mysql`, or the other way round.',
    cure: 'Set `kind` of the source to the product of the server: their positions have different forms.',
    retry: false,
  },
  MYSQL_PUBLIC_KEY: {
    kind: 'configuration',
    summary:
      'The server wants the password encrypted with a key that it would send over a connection without TLS, where somebody between could replace the key and read the password.',
    cure: 'Use TLS, as the fix shows; or set `allowPublicKeyRetrieval: true` where the network can be trusted.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
