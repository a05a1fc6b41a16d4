import type { ErrorEntry } from '../error-entry.ts'

export const STORAGE_ERRORS = {
  FENCED: {
    kind: 'configuration',
    summary: 'Another holder has claimed the lane of this source.',
    cure: 'Run one connector for a source and store; the newer one goes on.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
