import { expect, test } from 'vitest'
import { movesCheck } from '../../doctor/checks/beat-check.ts'
import { grantCheck, rowCheck, tableCheck } from '../../doctor/checks/table-check.ts'
import { TABLE_WORDS } from '../../model/data-words.ts'
import { inDatabase, inShell, query } from '../../model/fix.ts'
import { findingsOf } from '../check.ts'
import type { HeartbeatEvidence, HeartbeatFixes, JobFacts, JobFixes, JobsFacts, SchedulerFacts } from './facts.ts'
import { jobActiveCheck, jobCheck, jobDatabaseCheck, jobRowCheck, jobScheduleCheck } from './job-check.ts'
import { jobRunCheck } from './job-run-check.ts'
import { schedulerCheck } from './scheduler-check.ts'
import { standsStill } from './silence.ts'

/*
 * The checks over facts as MySQL gives them: no database that a statement runs in, an event scheduler that is on or off, events that are
 * hidden without a privilege, and no record of runs beside the time of the last.
 */

const ADMIN = 'an administrator'
const fix = (text: string) => inDatabase(text, ADMIN)

const jobFixes: JobFixes = {
  schedule: () => [fix('CREATE EVENT streamkap.beat')],
  show: () => [fix('GRANT EVENT ON streamkap.* TO u')],
  enable: ({ id }) => fix(`ALTER EVENT ${id} ENABLE`),
  moveHere: ({ id }) => fix(`ALTER EVENT ${id} RENAME TO streamkap.beat`),
  changeRow: ({ id }) => fix(`ALTER EVENT ${id} DO UPDATE`),
  reschedule: ({ id }) => fix(`ALTER EVENT ${id} ON SCHEDULE EVERY 1 MINUTE`),
  grant: ({ user }) => [fix(`GRANT UPDATE ON streamkap.streamkap_heartbeat TO ${user}`)],
  insertRow: () => fix('INSERT'),
  explainFailure: () => [],
  explainSilence: () => [query('SHOW PROCESSLIST', ADMIN)],
}

const fixes: HeartbeatFixes = {
  createTable: () => [fix('CREATE TABLE')],
  dropTable: () => fix('DROP TABLE'),
  insertRow: () => fix('INSERT'),
  grant: () => [fix('GRANT UPDATE ON streamkap.streamkap_heartbeat TO u')],
  grantRead: () => fix('GRANT SELECT ON streamkap.streamkap_heartbeat TO u'),
  readRow: () => query('SELECT', ADMIN),
  makeWritable: () => [fix('SET GLOBAL read_only = OFF')],
  unlock: () => [fix('KILL 7')],
  letThrough: () => [fix('DROP TRIGGER t')],
  checkJob: () => [query('SHOW EVENTS', ADMIN)],
  jobs: jobFixes,
}

const job: JobFacts = {
  id: 'streamkap.beat',
  name: 'event streamkap.beat',
  elsewhere: null,
  user: 'beater@%',
  disabled: null,
  schedule: 'EVERY 1 MINUTE',
  gapMs: 60_000,
  row: 'the row',
  rowInWords: 'updates the row with id = 1',
  run: { result: 'succeeded', words: 'it ran', agoMs: 20_000 },
  canUpdate: null,
}

const seenJobs = (...jobs: readonly Partial<JobFacts>[]): JobsFacts => ({
  seen: true,
  user: 'u@%',
  noneOfOurs: 'no event that u@% can see updates streamkap.streamkap_heartbeat',
  list: 'information_schema.EVENTS',
  hides: null,
  jobs: jobs.map((about) => ({ ...job, ...about })),
  deleted: null,
  runsShownBy: 'performance_schema',
  scheduleForms: 'EVERY n UNIT',
  runsUnseen: null,
})

function evidence(scheduler: Partial<Extract<SchedulerFacts, { seen: 'scheduler' }>> | null): HeartbeatEvidence {
  return {
    source: 'shop',
    mode: 'job',
    by: scheduler === null ? 'external' : 'database',
    intervalMs: 60_000,
    signs: { running: null, offset: null, status: null, pulses: [], bytesPerMs: null },
    nowMs: 0,
    heartbeat: {
      name: 'streamkap.streamkap_heartbeat',
      location: 'the database streamkap',
      user: 'u@%',
      expected: 'a table',
      table: { is: 'there', lacksColumns: [] },
      grants: { expected: 'SELECT', lacks: [] },
      readOnly: null,
      row: { first: true, ageMs: null, committedAgoMs: 600_000, otherZones: false, updated: true },
      keepsTimes: null,
      isLocked: false,
      lockedBy: null,
      suppressedBy: null,
    },
    scheduler:
      scheduler === null
        ? null
        : {
            seen: 'scheduler',
            replica: null,
            primaryElsewhere: null,
            fault: null,
            found: 'event_scheduler = ON',
            expected: 'ON',
            jobs: seenJobs({}),
            ...scheduler,
          },
    fixes,
    words: TABLE_WORDS,
    replicaWord: 'replica',
  }
}

const CHECKS = [
  tableCheck(TABLE_WORDS),
  rowCheck(TABLE_WORDS),
  grantCheck(TABLE_WORDS),
  schedulerCheck,
  jobCheck,
  jobActiveCheck,
  jobDatabaseCheck,
  jobRowCheck,
  jobScheduleCheck,
  jobRunCheck,
]

const findings = (about: Parameters<typeof evidence>[0]) => findingsOf(CHECKS, evidence(about))

test('an event that runs well is well, and each fault of it has its code and the statement against it', () => {
  expect(findings({}).filter(({ status }) => status !== 'ok')).toEqual([])
  const faults: readonly [Partial<JobFacts>, string, string][] = [
    [{ disabled: 'is disabled' }, 'JOB_DISABLED', 'ALTER EVENT streamkap.beat ENABLE'],
    [{ row: 'another row' }, 'JOB_OTHER_ROW', 'ALTER EVENT streamkap.beat DO UPDATE'],
    [{ gapMs: 600_000 }, 'JOB_SCHEDULE', 'ALTER EVENT streamkap.beat ON SCHEDULE EVERY 1 MINUTE'],
    [{ canUpdate: false }, 'JOB_FAILING', 'GRANT UPDATE ON streamkap.streamkap_heartbeat TO beater@%'],
    [{ run: { result: 'succeeded', words: '', agoMs: 600_000 } }, 'JOB_NOT_RUNNING', 'SHOW PROCESSLIST'],
    [{ elsewhere: 'the database other' }, 'JOB_OTHER_DATABASE', 'ALTER EVENT streamkap.beat RENAME TO streamkap.beat'],
  ]
  for (const [about, code, text] of faults) {
    const [broken] = findings({ jobs: seenJobs(about) }).filter(({ status }) => status === 'fail')
    expect(broken).toMatchObject({ code, fix: [{ in: 'database', at: null, text }, ...(broken?.fix.slice(1) ?? [])] })
  }
})

test('events that cannot be seen are not missing: the grant that shows them is', () => {
  const hides = 'information_schema.EVENTS shows nothing without the privilege EVENT'
  const hidden = { ...seenJobs(), hides }
  const moving = { ...evidence({ jobs: hidden }) }
  const seen = { ...moving, heartbeat: { ...moving.heartbeat, row: { ...row(moving), committedAgoMs: 1000 } } }
  expect(jobCheck.run(seen)).toMatchObject({ status: 'skip', expected: 'GRANT EVENT ON streamkap.* TO u' })
  expect(jobCheck.run(moving)).toMatchObject({ status: 'fail', code: 'JOB_MISSING' })
  const none = jobCheck.run(evidence({ jobs: seenJobs() }))
  expect(none).toMatchObject({
    code: 'JOB_MISSING',
    fix: [{ text: 'CREATE EVENT streamkap.beat', manualBecause: null }],
  })
})

test('of a job outside the database only what it does to the row is judged', () => {
  expect(findings(null).map(({ id, status }) => [id, status])).toEqual([
    ['heartbeat-table', 'ok'],
    ['heartbeat-row', 'ok'],
    ['heartbeat-grants', 'ok'],
  ])
  expect(movesCheck(TABLE_WORDS).run(evidence(null))).toMatchObject({
    code: 'HEARTBEAT_STILL',
    fix: [{ in: 'database' }, { ...inShell('offbeat beat shop'), note: expect.any(String) }],
  })
})

test('the silence of a job names the first link that is broken, and that its statement is run on the primary', () => {
  const { found, fix } = standsStill(evidence({ jobs: seenJobs({ disabled: 'is disabled', gapMs: 600_000 }) }))
  expect(found).toContain('event streamkap.beat is disabled (JOB_DISABLED)')
  expect(fix).toEqual([{ ...jobFixes.enable(job), by: `${ADMIN}, on the primary` }])
  expect(standsStill(evidence({})).fix).toEqual(fixes.checkJob())
})

function row({ heartbeat }: HeartbeatEvidence) {
  if (heartbeat.row === null) throw new Error('no row')
  return heartbeat.row
}
