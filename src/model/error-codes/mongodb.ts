import type { ErrorEntry } from '../error-entry.ts'

/** Errors of MongoDB. */
export const MONGODB_ERRORS = {
  MONGODB_DOCUMENT_INVALID: {
    kind: 'defect',
    summary: 'A document in the change stream is not valid BSON, or is nested more deeply than a server allows.',
    cure: 'Its transaction was not delivered. Please report it with the field that the message names and the version of the server.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
