import type { ErrorEntry } from '../error-entry.ts'

/** What the doctor finds whatever the database. */
export const DOCTOR_ERRORS = {
  CONNECTOR_FAILED: {
    kind: 'notice',
    summary: 'The connector stopped for good with an error, and does not run.',
    cure: 'Fix that error, as its own entry says, and start the connector again.',
    retry: false,
  },
  LAYER_1_OFF: {
    kind: 'notice',
    summary: 'Connector heartbeats (layer 1) are off: the offset stands still while no watched row changes.',
    cure: 'Take `connector: off` out of the configuration.',
    retry: false,
  },
  LAYER_1_SILENT: {
    kind: 'notice',
    summary: 'The running connector has written no heartbeat message for three intervals.',
    cure: 'Look at its log: the stream or the sink does not go on.',
    retry: false,
  },
  LAYER_2_OFF: {
    kind: 'notice',
    summary:
      'Source heartbeats (layer 2) are off: on a quiet database the log may be held or purged although all looks well.',
    cure: 'Choose a mode of `heartbeat.source`; layer 2 is for every deployment.',
    retry: false,
  },
  LAYER_2_SILENT: {
    kind: 'notice',
    summary: 'No pulse of layer 2 has come back to the running connector for three intervals.',
    cure: 'Run what the broken hop names; the checks of the symptoms 1 to 4 say what is wrong on the server.',
    retry: false,
  },
  OFFSET_STALE: {
    kind: 'notice',
    summary: 'The stored offset has not moved for three intervals, though the log has or no connector runs.',
    cure: 'Start the connector, or look at the log of the one that runs.',
    retry: false,
  },
  ADMIN_ELSEWHERE: {
    kind: 'configuration',
    summary:
      "The administrator's URL leads to another server or database than the source's, or it cannot be known whether it does.",
    cure: 'Correct `--admin` or OFFBEAT_ADMIN_URL; where it is right all the same, confirm it on a terminal, or to `setup --apply` with `--yes`.',
    retry: false,
  },
  ADMIN_NEEDED: {
    kind: 'configuration',
    summary: '`doctor --fix` or `setup --apply` was given no administrator to run its statements as.',
    cure: 'Give `--admin URL`, or OFFBEAT_ADMIN_URL in the environment; it is used once and stored nowhere.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
