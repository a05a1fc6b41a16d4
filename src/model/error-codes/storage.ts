import type { ErrorEntry } from '../error-entry.ts'

export const STORAGE_ERRORS = {
  FENCED: {
    kind: 'configuration',
    summary: 'Another connector has claimed the lane of this source.',
    cure: 'Run one connector for each source and store; the newer one continues.',
    retry: false,
  },
  STORE_OWNED: {
    kind: 'configuration',
    summary: 'Another process writes to the store file.',
    cure: 'Stop the process that the message names, or give this one its own store file.',
    retry: false,
  },
  STORE_MISSING: {
    kind: 'configuration',
    summary: 'There is no store file at the path.',
    cure: 'Start `offbeat run` once, which creates it, or correct the path.',
    retry: false,
  },
  STORE_NEWER: {
    kind: 'configuration',
    summary: 'The store file was written by a newer Offbeat.',
    cure: 'Use at least that version of Offbeat for this file; nothing in it was changed.',
    retry: false,
  },
  STORE_FOREIGN: {
    kind: 'configuration',
    summary: 'The file is a SQLite database, but not a store of Offbeat.',
    cure: 'Give the store another path; nothing in the file was changed.',
    retry: false,
  },
  STORE_CORRUPT: {
    kind: 'configuration',
    summary: 'The store file is not a SQLite database, or is damaged.',
    cure: 'Move the file (with its `-wal` and `-shm`) aside and restore a copy, or start with a new file and set the offset with `offsets set`.',
    retry: false,
  },
  STORE_UNWRITABLE: {
    kind: 'configuration',
    summary: 'The store file cannot be opened or written.',
    cure: 'Create the directory and let the user that runs Offbeat write to the directory and the file.',
    retry: false,
  },
  STORE_FULL: {
    kind: 'transient',
    summary: 'The store file cannot grow: the disk is full, or its size limit is reached.',
    cure: 'Free disk space, raise the limit, or keep fewer messages (`sink.retain`); writing is retried automatically.',
    retry: true,
  },
  STORE_BUSY: {
    kind: 'transient',
    summary: 'Another program kept the store file locked for too long.',
    cure: 'End the open transaction of the other program on the file (a SQLite shell, a backup); writing is retried automatically.',
    retry: true,
  },
  STORE_FAILED: {
    kind: 'transient',
    summary: 'Reading or writing the store file failed.',
    cure: 'Check the disk and the file system; it is retried automatically.',
    retry: true,
  },
  STORE_CLOSED: {
    kind: 'notice',
    summary: 'The store was used after it had been closed.',
    cure: 'While stopping this is normal; otherwise please report it.',
    retry: false,
  },
  MESSAGE_TOO_LARGE: {
    kind: 'configuration',
    summary: 'A change is larger, as a message, than the sink can take.',
    cure: 'Skip the transaction, as the fix shows; its bytes are saved first. For later rows, leave the column out of the publication (PostgreSQL 15 and later), or use a sink with a higher limit.',
    retry: false,
  },
  OUTPUT_CLOSED: {
    kind: 'notice',
    summary: 'Standard output was closed by its reader.',
    cure: 'Nothing was lost: unread messages are after the stored offset. Find out why the reader ended, and start both again.',
    retry: false,
  },
  OUTPUT_FAILED: {
    kind: 'transient',
    summary: 'Writing to standard output failed.',
    cure: 'Check the disk or the program that reads it; it is retried automatically.',
    retry: true,
  },
} as const satisfies Record<string, ErrorEntry>
