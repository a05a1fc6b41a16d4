import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SetupVariant } from '../../setup.ts'
import { type MysqlKind, mariadbConfig, mysqlConfig } from '../config.ts'
import { SERVICES } from './service.ts'
import { setupPlan } from './setup-plan.ts'

const USER = { host: 'db.example', user: 'streamkap_user', password: 'hush', tables: ['shop.orders'] }

function planOf(
  kind: MysqlKind,
  entry: Readonly<Record<string, unknown>> = {},
  variant: Partial<SetupVariant> = {},
): ReturnType<typeof setupPlan> {
  const schema = kind === 'mysql' ? mysqlConfig : mariadbConfig
  return setupPlan(schema.parse({ kind, ...USER, ...entry }), {
    source: 'shop',
    service: 'self-managed',
    readOnly: false,
    monitoring: false,
    schedulerDatabase: null,
    accountHost: null,
    ...variant,
  })
}

type Plan = ReturnType<typeof planOf>
const statementsOf = (plan: Plan) => plan.steps.flatMap(({ fix }) => fix.map(({ text }) => text)).join('\n')
const idsOf = (plan: Plan) => plan.steps.map(({ id }) => id)
/** The statements that are not printed as comments. */
const pasted = (plan: Plan) =>
  plan.steps
    .filter(({ by, optional, onlyWhere }) => by === 'setup' && optional !== true && onlyWhere === undefined)
    .flatMap(({ fix }) => fix.map(({ text }) => text))

const KINDS = ['mysql', 'mariadb'] as const

describe.each(KINDS)('%s', (kind) => {
  it.each(SERVICES[kind])('%s: each step once, with a reason, and no password, in every form', (service) => {
    const forms = [
      {},
      { tables: [] },
      { tables: ['shop.*', 'sales.a'] },
      { tables: ['*'], exclude: ['x'] },
      { readOnly: true, primary: { host: 'p' } },
      { heartbeat: { source: 'off' } },
    ]
    for (const form of forms) {
      const plan = planOf(kind, form, { service })
      expect(new Set(idsOf(plan)).size).toBe(plan.steps.length)
      for (const { why } of plan.steps) expect(why).toMatch(/\.$/u)
      expect(JSON.stringify(plan)).not.toContain('hush')
    }
  })

  it('without layer 2 there is no table; the job needs no more than to change the row', () => {
    expect(statementsOf(planOf(kind, { heartbeat: { source: 'off' } }))).not.toContain('streamkap_heartbeat')
    const job = statementsOf(planOf(kind, { readOnly: true }))
    expect(job).toContain('GRANT SELECT, UPDATE ON streamkap.streamkap_heartbeat')
    expect(job).not.toContain('DELETE')
    expect(planOf(kind, { readOnly: true, heartbeat: { interval: '500ms' } }).steps).toContainEqual(
      expect.objectContaining({ id: 'job-interval', blocks: true }),
    )
  })

  it('the account is for the hosts that are named, and is held to the encryption of the source', () => {
    expect(statementsOf(planOf(kind, {}, { accountHost: '10.0.%' }))).toContain(
      "CREATE USER IF NOT EXISTS 'streamkap_user'@'10.0.%' IDENTIFIED BY '<password>' REQUIRE SSL",
    )
    expect(statementsOf(planOf(kind, { tls: { mode: 'disable' } }))).not.toContain('REQUIRE')
    const certificate = { tls: { cert: 'c.pem', key: 'k.pem' } }
    expect(statementsOf(planOf(kind, certificate))).toContain('REQUIRE X509')
  })

  it('monitoring privileges are shown to all, and granted only where it is asked for', () => {
    const sight = (plan: Plan) => plan.steps.find(({ id }) => id === 'sight')
    expect(sight(planOf(kind))).toMatchObject({ optional: true })
    expect(sight(planOf(kind, {}, { monitoring: true }))?.optional).toBeUndefined()
  })

  it('with several hosts GTIDs are more than advice', () => {
    const gtids = (plan: Plan) => plan.steps.find(({ id }) => id === 'gtid-mode')
    if (kind === 'mariadb') return expect(gtids(planOf(kind))).toBeUndefined()
    expect(gtids(planOf(kind))).toMatchObject({ optional: true })
    const { host: _, ...user } = USER
    const several = mysqlConfig.parse({ kind, ...user, hosts: ['a', 'b'] })
    const variant = { source: 'shop', service: 'self-managed', schedulerDatabase: null, accountHost: null }
    const plan = setupPlan(several, { ...variant, readOnly: false, monitoring: false })
    expect(gtids(plan)?.optional).toBeUndefined()
  })

  it('its page shows the statements of a source that watches one table, in their order', () => {
    const docs = readFileSync(new URL(`../../../../docs/sources/${kind}.md`, import.meta.url), 'utf8')
    expect(docs).toContain(`\`\`\`sql\n${pasted(planOf(kind)).join(';\n')};\n\`\`\``)
    const readOnly = pasted(planOf(kind, {}, { readOnly: true })).filter((text) => /event/iu.test(text))
    expect(docs).toContain(`\`\`\`sql\n${readOnly.join(';\n')};\n\`\`\``)
  })
})

it('each service has its own statements and settings', () => {
  const of = (service: string) => statementsOf(planOf('mysql', { readOnly: true }, { service }))
  expect(of('self-managed')).toContain("SET PERSIST event_scheduler = 'ON'")
  for (const service of ['rds', 'aurora', 'cloud-sql', 'azure']) {
    expect(of(service)).not.toContain('SET PERSIST')
    expect(of(service)).not.toContain('DEFINER')
  }
  for (const service of ['rds', 'aurora'])
    expect(of(service)).toContain("CALL mysql.rds_set_configuration('binlog retention hours', 72)")
  expect(of('rds')).toContain('set event_scheduler = ON in the DB parameter group')
  expect(of('aurora')).toContain('set event_scheduler = ON in the DB cluster parameter group')
  expect(of('cloud-sql')).toContain('set the flag event_scheduler = ON')
  expect(of('azure')).toContain('set the server parameter event_scheduler = ON')
  const mariadb = statementsOf(planOf('mariadb', { readOnly: true }))
  expect(mariadb).toContain("SET GLOBAL event_scheduler = 'ON'")
  expect(mariadb).toContain('binlog_format = ROW; binlog_row_metadata = FULL; event_scheduler = ON')
})

it('the job outside the database is printed with the client of the product and its variable for the password', () => {
  const [crontab] = planOf('mysql', { readOnly: true, primary: { host: 'p.example' } }).outside
  expect(crontab?.text).toMatch(/^\* \* \* \* \* mysql .*--host=p\.example.*--ssl-mode=REQUIRED.*UPDATE streamkap/mu)
  const here = { host: '127.0.0.1', readOnly: true, primary: { host: '127.0.0.1' } }
  expect(planOf('mysql', here).outside[0]?.text).toContain(' --get-server-public-key ')
  const job = planOf('mariadb', { readOnly: true }).outside.find(({ form }) => form === 'cronjob')
  expect(job?.text).toContain('name: MYSQL_PWD')
  expect(job?.text).toContain('- "mariadb"')
  const external = { readOnly: true, heartbeat: { source: { mode: 'job', by: 'external' } } }
  const plan = planOf('mariadb', external)
  expect(plan.outside[0]?.text).toContain('offbeat beat shop')
  expect(statementsOf(plan)).not.toContain('EVENT')
})
