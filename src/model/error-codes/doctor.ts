import type { ErrorEntry } from '../error-entry.ts'

/** Errors that the doctor finds on any database. */
export const DOCTOR_ERRORS = {
  CONNECTOR_FAILED: {
    kind: 'notice',
    summary: 'The connector stopped with an error that a retry does not fix.',
    cure: 'Fix that error, as `offbeat explain CODE` describes, and start the connector again.',
    retry: false,
  },
  CONNECTOR_RETRYING: {
    kind: 'notice',
    summary: 'The connector runs and retries an error: its stream or its inspections of the database do not work.',
    cure: 'Fix that error, as its own entry says. The connector then continues by itself.',
    retry: false,
  },
  LAYER_1_OFF: {
    kind: 'notice',
    summary: 'Connector heartbeats (layer 1) are off: the offset does not move while no watched row changes.',
    cure: 'Remove `connector: off` from the configuration.',
    retry: false,
  },
  LAYER_1_SILENT: {
    kind: 'notice',
    summary: 'The running connector has written no heartbeat message for three intervals.',
    cure: 'Check its log: the stream or the sink makes no progress.',
    retry: false,
  },
  LAYER_2_OFF: {
    kind: 'notice',
    summary:
      'Source heartbeats (layer 2) are off: on a quiet database the log can be retained or removed although the connector looks healthy.',
    cure: 'Set `heartbeat.source`; layer 2 is recommended for every source.',
    retry: false,
  },
  LAYER_2_SILENT: {
    kind: 'notice',
    summary: 'No pulse of layer 2 has come back to the running connector for three intervals.',
    cure: 'Run the fix of the broken hop. The checks of symptoms 1 to 4 show what is wrong on the server.',
    retry: false,
  },
  OFFSET_STALE: {
    kind: 'notice',
    summary: 'The stored offset has not moved for three intervals: the log has moved, or no connector runs.',
    cure: 'Start the connector, or check the log of the running one.',
    retry: false,
  },
  ADMIN_ELSEWHERE: {
    kind: 'configuration',
    summary:
      "The administrator's URL leads to a different server or database than the source's, or this could not be verified.",
    cure: 'Correct `--admin` or OFFBEAT_ADMIN_URL. If it is correct, confirm it on a terminal, or run `setup --apply` with `--yes`.',
    retry: false,
  },
  ADMIN_NEEDED: {
    kind: 'configuration',
    summary: '`doctor --fix` and `setup --apply` need an administrator to run statements as.',
    cure: 'Give `--admin URL`, or OFFBEAT_ADMIN_URL in the environment; it is used once and stored nowhere.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
