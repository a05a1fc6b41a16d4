import type { ErrorEntry } from '../error-entry.ts'

/** Errors on MongoDB that only the doctor finds. */
export const MONGODB_CHECK_ERRORS = {
  MONGODB_IMAGES_OFF: {
    kind: 'configuration',
    summary: 'A watched collection does not store the images before and after changes that the configuration asks for.',
    cure: 'Turn on changeStreamPreAndPostImages for it, as the fix shows. Changes from before have no images.',
    retry: false,
  },
  MONGODB_MEMBER_DOWN: {
    kind: 'notice',
    summary: 'A member of the replica set is neither primary nor secondary, or the majority is behind the primary.',
    cure: 'A change stream shows only what a majority of the members has. Bring the member back, or remove it from the set.',
    retry: false,
  },
  MONGODB_NOOPS_OFF: {
    kind: 'notice',
    summary: 'The members of the replica set write no no-ops while nobody writes (writePeriodicNoops is false).',
    cure: 'Start each member with writePeriodicNoops=true, the default. Until then only heartbeats of layer 2 move the offset of an idle set.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
