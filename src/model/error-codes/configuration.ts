import type { ErrorEntry } from '../error-entry.ts'

export const CONFIGURATION_ERRORS = {
  CONFIG_INVALID: {
    kind: 'configuration',
    summary: 'The configuration file has mistakes.',
    cure: 'Mend each place that the message lists; nothing was started.',
    retry: false,
  },
  POSITION_INVALID: {
    kind: 'configuration',
    summary: 'A text that should be a position in the change log is not one.',
    cure: 'Give the position in the form that the message shows.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
