import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { SetupVariant } from '../../setup.ts'
import { postgresqlConfig } from '../config.ts'
import { SERVICES } from './service.ts'
import { setupPlan } from './setup-plan.ts'

function planOf(entry: Readonly<Record<string, unknown>>, variant: Partial<SetupVariant> = {}) {
  const { url = 'postgresql://u:hush@db/shop', ...rest } = entry
  const at = 'host' in entry ? {} : { url }
  const config = postgresqlConfig.parse({ kind: 'postgresql', ...at, ...rest })
  return setupPlan(config, {
    source: 'shop',
    service: 'self-managed',
    readOnly: false,
    monitoring: false,
    schedulerDatabase: null,
    accountHost: null,
    ...variant,
  })
}

const statementsOf = (plan: ReturnType<typeof planOf>) =>
  plan.steps.flatMap(({ fix }) => fix.map(({ text }) => text)).join('\n')
const idsOf = (plan: ReturnType<typeof planOf>) => plan.steps.map(({ id }) => id)

it.each(SERVICES)('%s: each step once, with a reason, and no password, in every form', (service) => {
  const forms = [
    {},
    { tables: ['public.a', 'public.b'] },
    { tables: ['*'], exclude: ['x'] },
    { readOnly: true },
    { heartbeat: { source: { mode: 'message' } } },
    { heartbeat: { source: 'off' } },
  ]
  for (const form of forms) {
    const plan = planOf(form, { service })
    expect(new Set(idsOf(plan)).size).toBe(plan.steps.length)
    for (const { why } of plan.steps) expect(why).toMatch(/\.$/u)
    expect(JSON.stringify(plan)).not.toContain('hush')
  }
})

it('each service has its own statements and settings', () => {
  const of = (service: string) => statementsOf(planOf({}, { service }))
  expect(of('self-managed')).toContain('ALTER SYSTEM SET wal_level = logical')
  expect(of('self-managed')).toContain('ALTER ROLE u WITH REPLICATION')
  for (const service of ['rds', 'aurora']) {
    expect(of(service)).toContain('GRANT rds_replication TO u')
    expect(of(service)).toContain('rds.logical_replication = 1')
    expect(of(service)).not.toContain('WITH REPLICATION')
  }
  expect(of('cloud-sql')).toContain('cloudsql.logical_decoding = on')
  expect(of('azure')).toContain('server parameter wal_level = LOGICAL')
  expect(of('alloydb')).toContain('alloydb.logical_decoding = on')
  expect(of('supabase')).toContain('postgres-config update')
  expect(of('neon')).toContain('settings of the project')
})

it('message mode and no layer 2 make no table; the job needs no more than to change the row', () => {
  for (const heartbeat of [{ source: { mode: 'message' } }, { source: 'off' }]) {
    expect(statementsOf(planOf({ heartbeat }))).not.toContain('streamkap_heartbeat')
  }
  expect(statementsOf(planOf({ readOnly: true }))).toContain('GRANT SELECT, UPDATE ON streamkap.streamkap_heartbeat')
})

it('the read-only form: where pg_cron lives, and what a shorter interval needs', () => {
  const here = planOf({}, { readOnly: true, service: 'rds' })
  expect(statementsOf(here)).toContain('SELECT cron.schedule(')
  const there = planOf({}, { readOnly: true, service: 'rds', schedulerDatabase: 'postgres' })
  expect(statementsOf(there)).toContain('SELECT cron.schedule_in_database(')
  expect(there.steps.find(({ id }) => id === 'job')?.fix).toMatchObject([{ in: 'database', at: 'postgres' }])
  expect(idsOf(here)).not.toContain('pg-cron-version')
  const often = planOf({ heartbeat: { interval: '30s' } }, { readOnly: true })
  expect(statementsOf(often)).toContain("'30 seconds'")
  expect(often.steps.find(({ id }) => id === 'pg-cron-version')).toMatchObject({ blocks: true })
})

it('monitoring privileges are shown to all, and granted only where it is asked for', () => {
  const sight = (plan: ReturnType<typeof planOf>) => plan.steps.find(({ id }) => id === 'sight')
  expect(sight(planOf({}))).toMatchObject({ optional: true })
  expect(sight(planOf({}, { monitoring: true }))?.optional).toBeUndefined()
})

it('docs/sources/postgresql.md shows the statements of a source that watches one table, in their order', () => {
  const docs = readFileSync(new URL('../../../../docs/sources/postgresql.md', import.meta.url), 'utf8')
  const user = { host: 'db', database: 'shop', user: 'streamkap_user', tables: ['public.orders'] }
  const shown = (plan: ReturnType<typeof planOf>) =>
    plan.steps
      .filter(({ by, optional, onlyWhere }) => by === 'setup' && optional !== true && onlyWhere === undefined)
      .flatMap(({ fix }) => fix.map(({ text }) => text))
  expect(docs.includes(shown(planOf(user)).join(';\n'))).toBe(true)
  const job = shown(planOf(user, { readOnly: true })).slice(-3)
  expect(docs.includes(job.join(';\n'))).toBe(true)
})
