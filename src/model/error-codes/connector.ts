import type { ErrorEntry } from '../error-entry.ts'

export const CONNECTOR_ERRORS = {
  LOOK_TIMED_OUT: {
    kind: 'transient',
    summary: 'A look at the database took too long and was given up.',
    cure: 'It is made again by itself. Look at the load of the server, and at the hosts that do not answer.',
    retry: true,
  },
  STOP_TIMED_OUT: {
    kind: 'transient',
    summary: 'The sink did not take the last batch within the time a stop is given.',
    cure: 'Nothing is lost: what was not stored is read again at the next start. Look at the sink.',
    retry: true,
  },
  TOPIC_CLASH: {
    kind: 'configuration',
    summary: 'Two tables of a source would share one topic.',
    cure: 'Leave one of the two out with `exclude`, or read it with a source of its own.',
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
    summary: 'The transaction is not the next one that cannot be decoded, so it is not skipped.',
    cure: 'Let `offbeat run` deliver what comes before; it stops at the transaction and names it with the command.',
    retry: false,
  },
  OFFSET_BACKWARDS: {
    kind: 'defect',
    summary: 'The log gave a transaction that lies at or before the stored offset.',
    cure: 'Nothing was stored. Please report it with the two positions; `offbeat offsets show` has the ledger.',
    retry: false,
  },
  PULSE_NOT_WRITTEN: {
    kind: 'transient',
    summary: 'A beat of layer 2 was sent and the database did not answer within three intervals.',
    cure: 'Look for what blocks the heartbeat row (a lock held by another session) or the connection.',
    retry: true,
  },
  PULSE_NOT_SEEN: {
    kind: 'configuration',
    summary: 'A beat of layer 2 was written and the stream did not show it within three intervals.',
    cure: 'Make the heartbeat table part of what the stream reads (PostgreSQL: ALTER PUBLICATION ... ADD TABLE ...); if it is, the stream is behind by more than three intervals.',
    retry: true,
  },
  PULSE_JOB_SILENT: {
    kind: 'configuration',
    summary: 'The scheduled job changes the heartbeat row, and the stream did not show a change for three intervals.',
    cure: 'Look whether the job runs on the primary, whether its work reaches the server that is read, and whether the publication has the table.',
    retry: true,
  },
  PULSE_NOT_STORED: {
    kind: 'transient',
    summary: 'A pulse was seen in the log and its offset was not stored within three intervals.',
    cure: 'Look at the sink: it does not take what is delivered, or a transaction of the log is very long.',
    retry: true,
  },
  PULSE_NOT_ACKNOWLEDGED: {
    kind: 'transient',
    summary: 'A pulse is stored and the server was not told of it within three intervals.',
    cure: "Look at the stream's connection: the server does not take what is sent.",
    retry: true,
  },
  DEFECT: {
    kind: 'defect',
    summary: 'Something happened in Offbeat that its authors believed impossible.',
    cure: 'Please report it with the message and the stack.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
