import type { ErrorEntry } from '../error-entry.ts'

export const CONNECTOR_ERRORS = {
  INSPECTION_TIMED_OUT: {
    kind: 'transient',
    summary: 'An inspection of the database took too long and was cancelled.',
    cure: 'It is repeated automatically. Check the load of the server, whether its disk is full, and whether each configured host answers.',
    retry: true,
  },
  STOP_TIMED_OUT: {
    kind: 'transient',
    summary: 'The sink did not accept the last batch before the time limit of a stop.',
    cure: 'Nothing is lost: what was not stored is read again at the next start. Check the sink.',
    retry: true,
  },
  TOPIC_CLASH: {
    kind: 'configuration',
    summary: 'Two tables of a source would share one topic.',
    cure: 'Exclude one of the two with `exclude`, or read it with a separate source.',
    retry: false,
  },
  TOPIC_RENAMED: {
    kind: 'notice',
    summary: 'The messages of a table go to a topic with a new name; those stored before stay in the old one.',
    cure: 'Read the new topic from here on. The old topic has the messages of version 0.1.0, until `sink.retain` deletes them.',
    retry: false,
  },
  OFFSET_DOCUMENT_INVALID: {
    kind: 'configuration',
    summary: 'The document to be imported is not one of offsets, or not of this kind of source.',
    cure: 'Use a document that `offbeat offsets export` wrote.',
    retry: false,
  },
  SKIP_REFUSED: {
    kind: 'configuration',
    summary: 'The transaction is not the next one that cannot be delivered, so it is not skipped.',
    cure: 'Let `offbeat run` deliver what comes before; it stops at the transaction and names it with the command.',
    retry: false,
  },
  OFFSET_BACKWARDS: {
    kind: 'defect',
    summary: 'The log returned a transaction at or before the stored offset.',
    cure: 'Nothing was stored. Please report it with both positions; `offbeat offsets show` prints the ledger.',
    retry: false,
  },
  PULSE_NOT_WRITTEN: {
    kind: 'transient',
    summary: 'A layer 2 heartbeat was sent and the database did not answer within three intervals.',
    cure: 'Check what blocks the heartbeat row (such as a lock of another session) or the connection.',
    retry: true,
  },
  PULSE_NOT_SEEN: {
    kind: 'configuration',
    summary: 'A layer 2 heartbeat was written and did not appear in the stream within three intervals.',
    cure: 'Check that the stream includes the heartbeat table, with all its rows and columns: `offbeat doctor` prints the statement for this database. If it does, the stream is more than three intervals behind.',
    retry: true,
  },
  PULSE_JOB_SILENT: {
    kind: 'configuration',
    summary:
      'A scheduled job should change the heartbeat row, and no change appeared in the stream for three intervals.',
    cure: 'Check that the job runs on the primary, that its changes reach the server that is read, and that the stream includes the heartbeat table: `offbeat doctor` checks each of these.',
    retry: true,
  },
  PULSE_NOT_STORED: {
    kind: 'transient',
    summary: 'A pulse was seen in the log and its offset was not stored within three intervals.',
    cure: 'Check the sink: it does not accept messages, or a transaction in the log is very long.',
    retry: true,
  },
  PULSE_NOT_ACKNOWLEDGED: {
    kind: 'transient',
    summary: 'A pulse was stored and was not acknowledged to the server within three intervals.',
    cure: 'Check the connection of the stream: the server does not read what is sent.',
    retry: true,
  },
  DEFECT: {
    kind: 'defect',
    summary: 'A bug in Offbeat.',
    cure: 'Please report it with the message and the stack.',
    retry: false,
  },
  TRANSACTION_READ_AGAIN: {
    kind: 'transient',
    summary:
      'The database rolled back a transaction that its log shows, after a part of it was given to the sink. The server was killed while it wrote it.',
    cure: 'Nothing: the transaction is read again, and nothing of it is stored. On standard output, the part was printed.',
    retry: true,
  },
} as const satisfies Record<string, ErrorEntry>
