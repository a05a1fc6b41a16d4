import type { ErrorEntry } from '../error-entry.ts'

export const DATABASE_ERRORS = {
  DATABASE_UNREACHABLE: {
    kind: 'transient',
    summary: 'The server cannot be reached.',
    cure: 'Check host, port and network; a running connector retries.',
    retry: true,
  },
  DATABASE_CONNECTION_LOST: {
    kind: 'transient',
    summary: 'The connection to the server broke or timed out.',
    cure: 'None needed: the stream is reopened from the stored offset. If this happens often, check the network and the log of the server.',
    retry: true,
  },
  DATABASE_STOPPING: {
    kind: 'transient',
    summary:
      'The server is shutting down or was restarted, or it ended this session alone: an administrator did, or the server invalidated what the stream reads from (a replication slot of PostgreSQL).',
    cure: 'None needed: it is retried until the server is back. A lost position is then reported by its own code.',
    retry: true,
  },
  DATABASE_STARTING: {
    kind: 'transient',
    summary: 'The server is starting up or recovering and does not accept connections yet.',
    cure: 'None needed: it is retried until the server is ready.',
    retry: true,
  },
  DATABASE_TOO_MANY_CONNECTIONS: {
    kind: 'transient',
    summary: 'The server accepts no further connection, or no further replication stream.',
    cure: 'It is retried. Raise the limit of the server (on PostgreSQL `max_connections` or `max_wal_senders`), or close connections that are not needed.',
    retry: true,
  },
  DATABASE_OUT_OF_RESOURCES: {
    kind: 'transient',
    summary: 'The server is out of disk space, memory or another resource.',
    cure: 'Free what is used up: the message names it. Offbeat retries until it works.',
    retry: true,
  },
  DATABASE_STATEMENT_ENDED: {
    kind: 'transient',
    summary: 'The server ended a statement of Offbeat: a timeout, a cancel request, a lock, a deadlock or a conflict.',
    cure: 'Nothing: it is retried. If it happens often, check who holds the lock or cancels the statement.',
    retry: true,
  },
  DATABASE_SESSION_ENDED: {
    kind: 'transient',
    summary: 'The server ended a session of Offbeat: a timeout of sessions or transactions, or an administrator.',
    cure: 'Nothing: a new session is opened. If it happens often, check the timeouts of the role and the database.',
    retry: true,
  },
  DATABASE_STREAM_BROKEN: {
    kind: 'unknown',
    summary: 'The bytes of the replication stream do not follow the protocol.',
    cure: 'The stream is reopened from the stored offset. If it fails again at the same position, please report it.',
    retry: true,
  },
  DATABASE_ERROR: {
    kind: 'unknown',
    summary: 'The server refused a statement, and Offbeat does not know whether the reason passes by itself.',
    cure: 'Check what the message names: the code that the server gives, the statement and its object. The log of the server has the whole error. Offbeat retries until it works.',
    retry: true,
  },
  DATABASE_CORRUPTED: {
    kind: 'unknown',
    summary: 'The server found corrupted data or a corrupted index.',
    cure: 'Check the storage and the log of the server. Rebuild the index (on PostgreSQL with REINDEX), or restore the data from a backup. Offbeat retries until it works.',
    retry: true,
  },
  DATABASE_CONNECT_FAILED: {
    kind: 'unknown',
    summary: 'The connection to the server failed, and Offbeat does not know whether the reason passes by itself.',
    cure: 'Check the network, and any proxy or pooler between Offbeat and the server. Offbeat retries until it works.',
    retry: true,
  },
  DATABASE_CLOSED: {
    kind: 'configuration',
    summary: 'The database exists and does not accept connections.',
    cure: 'Allow connections to it, as the fix shows, or set another database in the configuration.',
    retry: false,
  },
  DATABASE_LOGIN_METHOD: {
    kind: 'configuration',
    summary:
      'The server asks for a login method that Offbeat does not have, such as GSSAPI, SSPI or OAuth on PostgreSQL.',
    cure: 'Set another login method for this user, as the fix shows.',
    retry: false,
  },
  DATABASE_PASSWORD_WRONG: {
    kind: 'permission',
    summary: 'The server refused the password of the user.',
    cure: 'Correct the password in the configuration or in the environment, or change the password of the user.',
    retry: false,
  },
  DATABASE_PASSWORD_MISSING: {
    kind: 'configuration',
    summary: 'The server asks for a password and none is configured.',
    cure: 'Set the password in `url`, `password` or `passwordFile`.',
    retry: false,
  },
  DATABASE_LOGIN_REFUSED: {
    kind: 'permission',
    summary:
      'The server rejects the user: it does not exist, cannot log in, or has no access from this address (on PostgreSQL: no line of pg_hba.conf matches, or the role has no LOGIN attribute).',
    cure: 'Allow the user to log in from this address (on PostgreSQL by a line of pg_hba.conf for the user, the database, the address and the TLS mode), or correct the user in the configuration.',
    retry: false,
  },
  DATABASE_MISSING: {
    kind: 'configuration',
    summary: 'The database does not exist on this server.',
    cure: 'Correct the name in the configuration, or create the database.',
    retry: false,
  },
  DATABASE_TLS_REFUSED: {
    kind: 'configuration',
    summary: 'The server does not offer TLS, and the configuration requires it.',
    cure: 'Turn TLS on in the server (on PostgreSQL `ssl = on`), or set `tls: { mode: disable }` if the network can be trusted.',
    retry: false,
  },
  DATABASE_TLS_UNTRUSTED: {
    kind: 'configuration',
    summary: 'The certificate of the server failed the check that the TLS mode requires.',
    cure: 'Name the authority in `tls.ca`, the name in the certificate in `tls.servername`, or choose a less strict mode.',
    retry: false,
  },
  DATABASE_TLS_FAILED: {
    kind: 'configuration',
    summary: 'The TLS handshake with the server failed.',
    cure: 'Check that the port belongs to the database, and check the client certificate and key in the configuration.',
    retry: false,
  },
  DATABASE_PASSWORD_FILE_WRONG: {
    kind: 'transient',
    summary: 'The server refused the password in the `passwordFile`, which may be about to change.',
    cure: 'It is retried, and the file is read again each time. If it persists, write the current password into the file.',
    retry: true,
  },
  DATABASE_PASSWORD_FILE: {
    kind: 'transient',
    summary: 'The `passwordFile` could not be read for a new connection.',
    cure: 'It is retried. Let the user that runs Offbeat read the file, and check that it contains the password.',
    retry: true,
  },
  DATABASE_TLS_FILE: {
    kind: 'configuration',
    summary: 'A file that `tls` names cannot be read.',
    cure: 'Correct the path, or let the user that runs Offbeat read the file.',
    retry: false,
  },
  DATABASE_VERSION: {
    kind: 'configuration',
    summary: 'The server is too old.',
    cure: 'Upgrade the server to a version that the message names.',
    retry: false,
  },
  DATABASE_PERMISSION: {
    kind: 'permission',
    summary: 'The user lacks a privilege.',
    cure: 'Grant the privilege that the message names.',
    retry: false,
  },
  DATABASE_READ_ONLY: {
    kind: 'read-only',
    summary: 'The server or the session is read-only and refused a statement that writes.',
    cure: 'Connect to the primary, or set `readOnly: true` where nothing is to be written.',
    retry: true,
  },
  DATABASE_OTHER_SERVER: {
    kind: 'lost position',
    summary: 'This is not the server that the stored offset comes from.',
    cure: 'Connect to the right server, or start again on this one.',
    retry: false,
  },
  OFFSET_BEYOND_LOG: {
    kind: 'lost position',
    summary: 'The stored offset is beyond the end of the log: the server was restored to an earlier state.',
    cure: 'Find out whether it was restored from a backup; then start again on it, or connect to the right server.',
    retry: false,
  },
  VALUE_INVALID: {
    kind: 'defect',
    summary: 'A value in the log does not have the form of its type.',
    cure: 'Nothing of its transaction was delivered. Please report it with the type of the column and the version of the server.',
    retry: false,
  },
  TEXT_NOT_UTF8: {
    kind: 'configuration',
    summary:
      'A text in the database is not UTF-8, although the server was asked for UTF-8 (on PostgreSQL this happens in databases with the encoding SQL_ASCII).',
    cure: 'Correct the text in the database, exclude its table with `exclude`, or move the data to a database with a known encoding.',
    retry: false,
  },
  TABLE_PATTERN_UNUSED: {
    kind: 'notice',
    summary: 'A pattern in `tables` or `exclude` matches nothing in the database.',
    cure: 'Correct the pattern: `*` means any text within a part of the name. What is created later will match.',
    retry: false,
  },
  TABLE_CHANGED: {
    kind: 'notice',
    summary: 'A watched table changed while it was being read: its columns, their types, its name or its key.',
    cure: 'None needed: from here on its messages have the new form.',
    retry: false,
  },
  TABLE_NOT_READABLE: {
    kind: 'notice',
    summary:
      'The user cannot SELECT from a watched table. Its changes are delivered; a snapshot would not be possible.',
    cure: 'Grant the privileges, as the fix shows.',
    retry: false,
  },
  RETENTION_UNBOUNDED: {
    kind: 'notice',
    summary:
      'No setting limits the log that the server keeps for a connector (on PostgreSQL `max_slot_wal_keep_size`): a connector that does not read fills the disk of the server.',
    cure: 'Set it to what the disk can spare, as the fix shows; a position that needs more is then lost.',
    retry: false,
  },
  RETENTION_SHORT: {
    kind: 'notice',
    summary:
      'The server keeps little log (on PostgreSQL by `max_slot_wal_keep_size`): after a short pause of the connector or a burst of writes its position is lost.',
    cure: 'Raise it, as the fix shows.',
    retry: false,
  },
  LOG_HELD: {
    kind: 'notice',
    summary:
      'Something besides this connector retains the log of the server: a long or prepared transaction, or another reader of the log.',
    cure: 'End it if it is not needed; each is named with its statement.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
