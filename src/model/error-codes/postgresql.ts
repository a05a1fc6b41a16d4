import type { ErrorEntry } from '../error-entry.ts'

export const POSTGRESQL_ERRORS = {
  POSTGRES_UNREACHABLE: {
    kind: 'transient',
    summary: 'The PostgreSQL server cannot be reached.',
    cure: 'Check host, port and network; it is tried again by itself while running.',
    retry: true,
  },
} as const satisfies Record<string, ErrorEntry>
