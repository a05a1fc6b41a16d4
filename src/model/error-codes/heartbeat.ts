import type { ErrorEntry } from '../error-entry.ts'

export const HEARTBEAT_ERRORS = {
  HEARTBEAT_TABLE_MISSING: {
    kind: 'configuration',
    summary: 'The heartbeat table or its schema does not exist.',
    cure: 'Create it, as the fix shows.',
    retry: false,
  },
  HEARTBEAT_TABLE_SHAPE: {
    kind: 'configuration',
    summary: 'The heartbeat table lacks columns that a heartbeat writes.',
    cure: 'Create it again, as the fix shows, or configure another one in `heartbeat.source.table`.',
    retry: false,
  },
  HEARTBEAT_DENIED: {
    kind: 'permission',
    summary: 'The user cannot write to the heartbeat table.',
    cure: 'Grant the privileges, as the fix shows.',
    retry: false,
  },
  HEARTBEAT_READ_ONLY: {
    kind: 'read-only',
    summary: 'The server or the session is read-only, so the heartbeat row cannot be written.',
    cure: 'Connect to the primary.',
    retry: true,
  },
  HEARTBEAT_SLOW: {
    kind: 'transient',
    summary: 'The heartbeat row could not be written in time.',
    cure: 'It is retried at the next interval. Check for a lock on the row or the table.',
    retry: true,
  },
  HEARTBEAT_SUPPRESSED: {
    kind: 'configuration',
    summary: 'The update of the heartbeat row changes nothing: a trigger, a rule or row-level security prevents it.',
    cure: 'Remove it from the heartbeat table, as the fix shows.',
    retry: false,
  },
  HEARTBEAT_ROW_MISSING: {
    kind: 'notice',
    summary: 'The heartbeat table has no row with id 1.',
    cure: 'Insert it, as the fix shows. A connector in mode `table` and `offbeat beat` insert it with their first heartbeat; a job inside the database does not.',
    retry: false,
  },
  HEARTBEAT_STILL: {
    kind: 'notice',
    summary: 'The heartbeat row has not changed for three intervals.',
    cure: 'See the checks of the job, or of the connector that should write it.',
    retry: false,
  },
  SCHEDULER_NOT_LOADED: {
    kind: 'configuration',
    summary: 'The primary does not load its job scheduler (pg_cron on PostgreSQL), so no scheduled job runs there.',
    cure: 'Load it, as the fix shows, and restart the server.',
    retry: false,
  },
  SCHEDULER_OFF: {
    kind: 'configuration',
    summary: 'The job scheduler of the primary (the event scheduler of MySQL and MariaDB) is turned off.',
    cure: 'Turn it on, as the fix shows, also for the time after a restart.',
    retry: false,
  },
  SCHEDULER_MISSING: {
    kind: 'configuration',
    summary:
      'The job scheduler (the extension pg_cron on PostgreSQL) is not in the database that it reads its jobs from.',
    cure: 'Create it there, as the fix shows.',
    retry: false,
  },
  PRIMARY_ELSEWHERE: {
    kind: 'configuration',
    summary:
      'The server that is read is not a standby (it may have been promoted), and `primary` leads to another server or to none.',
    cure: 'Remove `primary` from the configuration. The job that writes the heartbeats is on the server that is read.',
    retry: false,
  },
  PRIMARY_IS_STANDBY: {
    kind: 'configuration',
    summary: '`primary` names a standby: no scheduled job runs there.',
    cure: 'Set `primary` to the primary.',
    retry: false,
  },
  JOB_MISSING: {
    kind: 'configuration',
    summary: 'There is no scheduled job that updates the heartbeat table.',
    cure: 'Schedule it, as the fix shows.',
    retry: false,
  },
  JOB_DISABLED: {
    kind: 'configuration',
    summary: 'The scheduled job that updates the heartbeat row is disabled.',
    cure: 'Enable it, as the fix shows.',
    retry: false,
  },
  JOB_OTHER_DATABASE: {
    kind: 'configuration',
    summary: 'The scheduled job that updates the heartbeat row runs in another database.',
    cure: 'Let it run in the database that is captured, as the fix shows.',
    retry: false,
  },
  JOB_SCHEDULE: {
    kind: 'configuration',
    summary: 'The scheduled job runs less often than the interval that is configured for layer 2.',
    cure: 'Change its schedule, as the fix shows, or `heartbeat.source.interval`.',
    retry: false,
  },
  JOB_OTHER_ROW: {
    kind: 'configuration',
    summary: 'The scheduled job does not update the row with id 1 of the heartbeat table.',
    cure: 'Change its command, as the fix shows.',
    retry: false,
  },
  JOB_FAILING: {
    kind: 'configuration',
    summary: 'The last run of the scheduled job failed, or changed no row.',
    cure: 'Fix what its message names.',
    retry: false,
  },
  JOB_NOT_RUNNING: {
    kind: 'configuration',
    summary: 'The scheduled job is enabled and has not run when it should have.',
    cure: 'Check that the scheduler runs, as the fix shows.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
