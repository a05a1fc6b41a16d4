import type { ErrorEntry } from '../error-entry.ts'

export const CONNECTOR_ERRORS = {
  DEFECT: {
    kind: 'defect',
    summary: 'Something happened in Offbeat that its authors believed impossible.',
    cure: 'Please report it with the message and the stack.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
