import { describe, expect, it } from 'vitest'
import { scriptOf } from '../../../../../test/support/fix-script.ts'
import { OffbeatError } from '../../../../model/error.ts'
import { standsStill } from '../../../heartbeat/silence.ts'
import { postgresqlConfig } from '../../config.ts'
import { LSN_POSITIONS } from '../../position.ts'
import type { BeatSight } from '../beat-sight.ts'
import { heartbeatEvidence } from '../heartbeat-facts.ts'
import { behindPrimary } from './job-chain.ts'
import type { Job } from './job-evidence.ts'
import type { Scheduler, SchedulerSight } from './scheduler-evidence.ts'
import type { StandbyFacts } from './standby-replay.ts'

const COMMAND = 'UPDATE streamkap.streamkap_heartbeat SET last_update = CURRENT_TIMESTAMP WHERE id = 1'

const job: Job = {
  id: '7',
  schedule: '* * * * *',
  command: COMMAND,
  database: 'shop',
  user: 'beater',
  active: true,
  run: { status: 'succeeded', message: 'UPDATE 1', startedAgoMs: 20_000 },
  rights: { usage: true, update: true },
}

const SCHEDULER: Scheduler = {
  user: 'u',
  isStandby: false,
  preloaded: { yes: true, libraries: 'pg_cron' },
  settingControl: { commandLine: [], alterSystem: true },
  available: true,
  database: 'postgres',
  extension: { version: '1.6', database: 'postgres' },
  searched: ['postgres'],
  closed: null,
  jobs: { all: true, logsRuns: true, ownProcesses: true, deleted: null, jobs: [job] },
}

function sightOf(scheduler: SchedulerSight | null, isStandby = false): BeatSight {
  const config = postgresqlConfig.parse({
    kind: 'postgresql',
    url: 'postgresql://u@db.example/shop',
    readOnly: true,
    primary: { host: 'primary.example' },
  })
  return {
    source: 'shop',
    config,
    facts: {
      systemIdentifier: '1',
      timeline: 1,
      version: 180000,
      standby: isStandby,
      walLevel: 'logical',
      canDecode: true,
      database: 'shop',
      head: LSN_POSITIONS.parse('0/900'),
      atMs: 0,
      slot: null,
      siblings: [],
      slotKeepMb: -1,
      slotIdleSeconds: 0,
      commandLine: [],
      alterSystem: true,
      publication: null,
      candidates: [],
    },
    signs: { running: null, offset: null, status: null, pulses: [], bytesPerMs: null },
    nowMs: 0,
    heartbeat: {
      schema: { usage: true },
      table: { lacks: [], lacksColumns: [], indexes: [] },
      elsewhere: [],
      row: { first: true, ageMs: 600_000, committedAgoMs: null, otherZones: false, updated: true },
      locked: false,
      obstacles: null,
    },
    scheduler,
    role: { name: 'u', readOnly: false, origins: new Map() },
    published: null,
  }
}

const seen = (about: Partial<Scheduler>): SchedulerSight => ({
  seen: 'scheduler',
  primaryElsewhere: null,
  scheduler: { ...SCHEDULER, ...about },
})
const jobs = (...all: readonly Partial<Job>[]): SchedulerSight =>
  seen({
    jobs: {
      all: true,
      logsRuns: true,
      ownProcesses: true,
      deleted: null,
      jobs: all.map((about) => ({ ...job, ...about })),
    },
  })

describe('promise 8: the row stands still on the server that is read, and the link is named', () => {
  it.each<[string, SchedulerSight, RegExp]>([
    ['PRIMARY_IS_STANDBY', seen({ isStandby: true }), /primary: \{ url: postgresql:/],
    ['SCHEDULER_NOT_LOADED', seen({ preloaded: { yes: false, libraries: '' } }), /shared_preload_libraries/],
    [
      'SCHEDULER_MISSING',
      seen({ extension: null, jobs: null }),
      /^-- in the database postgres, by a superuser, on the primary\nCREATE EXTENSION pg_cron;$/,
    ],
    ['JOB_MISSING', jobs(), /^-- in the database .*, on the primary\nSELECT cron\.schedule_in_database\(/],
    [
      'JOB_DISABLED',
      jobs({ active: false }),
      /^-- in the database .*, on the primary\nSELECT cron\.alter_job\(7, active := true\);$/,
    ],
    ['JOB_OTHER_DATABASE', jobs({ database: 'other' }), /alter_job\(7, database := 'shop'\)/],
    ['JOB_OTHER_ROW', jobs({ command: COMMAND.replace('1', '2') }), /alter_job\(7, command := /],
    ['JOB_SCHEDULE', jobs({ schedule: '0 * * * *' }), /alter_job\(7, schedule := /],
    [
      'JOB_NOT_RUNNING',
      jobs({ run: { ...job.run, status: 'succeeded', message: 'UPDATE 1', startedAgoMs: 6e5 } }),
      /pg_stat_activity/,
    ],
    ['JOB_NOT_RUNNING', jobs({ run: null }), /pg_stat_activity/],
    [
      'JOB_FAILING',
      jobs({
        schedule: '0 * * * *',
        run: { status: 'failed', message: 'ERROR:  permission denied for table x', startedAgoMs: 1 },
        rights: { usage: true, update: false },
      }),
      /GRANT .* TO beater/,
    ],
    [
      'JOB_FAILING',
      jobs({ run: { status: 'succeeded', message: 'UPDATE 0', startedAgoMs: 1 } }),
      /SELECT return_message FROM cron.job_run_details/,
    ],
  ])('%s', (code, sight, fix) => {
    const silence = standsStill(heartbeatEvidence(sightOf(sight)))
    expect(silence.found).toMatch(/^the row in \S+ does not change on the server that is read: /)
    expect(silence.found).toContain(`(${code})`)
    const script = scriptOf(silence.fix)
    expect(script).toMatch(fix)
    expect(script.split('\n').filter((line) => !/^(-- .*|[A-Z].*;)$/.test(line))).toEqual([])
  })

  it('what may not be seen, or answers nothing, is said with what it takes', () => {
    const standby = standsStill(heartbeatEvidence(sightOf({ seen: 'nothing', because: 'no primary' }, true)))
    expect(standby.found).toContain('or its changes are not replicated to here; this connection is to a standby')
    expect(scriptOf(standby.fix)).toMatch(
      /^-- do: configure primary: .*\n-- in .* of the primary, .*\nSELECT status, return_message/,
    )
    const error = new OffbeatError('DATABASE_UNREACHABLE', {
      message: 'the server primary.example:5432 cannot be reached',
    })
    const away = standsStill(heartbeatEvidence(sightOf({ seen: 'nothing', because: 'error', error }, true)))
    expect(away.found).toContain('the primary could not be checked: the server primary.example:5432 cannot be reached')
    const hidden = standsStill(heartbeatEvidence(sightOf(seen({ jobs: null }))))
    expect(scriptOf(hidden.fix)).toMatch(
      /^-- in the database postgres, by .*, on the primary\nGRANT USAGE ON SCHEMA cron TO u;\n-- in.*\nSELECT/,
    )
  })

  it('a job that runs well is said to, with what it did last', () => {
    const { found, fix } = standsStill(heartbeatEvidence(sightOf(jobs({}))))
    expect(found).toContain('job 7 succeeded: UPDATE 1')
    expect(scriptOf(fix)).toContain('cron.job_run_details')
  })
})

describe('promise 8: the row changes on the primary alone', () => {
  it.each<[Partial<StandbyFacts>, string, string]>([
    [{ paused: true }, 'replay is paused', 'pg_wal_replay_resume();'],
    [{ receiver: null }, 'no receiver runs', 'primary_conninfo'],
    [{ receiver: { pid: 1 }, caughtUp: false, replayedAgoMs: 600_000 }, 'is not replayed', 'xact_start'],
    [{ receiver: { pid: 1 } }, 'arrive late or not at all', 'pg_stat_wal_receiver;'],
  ])('%o', (standby, found, fix) => {
    const silence = behindPrimary(sightOf(null, true), {
      paused: false,
      replayedAgoMs: 0,
      caughtUp: true,
      receiver: null,
      ...standby,
    })
    expect(silence.found).toMatch(/^the row in \S+ changes on the primary and not on the standby that is read: /)
    expect(silence.found).toContain(found)
    expect(scriptOf(silence.fix)).toContain(fix)
  })
})
