import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { cronJobMistakes } from '../../test/support/cron-job-schema.ts'
import { MONGODB } from '../sources/mongodb/definition.ts'
import { MARIADB, MYSQL } from '../sources/mysql/definition.ts'
import { POSTGRESQL } from '../sources/postgresql/definition.ts'
import type { SetupPlan, SetupVariant } from '../sources/setup.ts'
import { resourceName } from './cron-job.ts'

const PASSWORD = 'planted-password'

const variantOf = (source: string): SetupVariant => ({
  source,
  service: 'self-managed',
  readOnly: true,
  monitoring: false,
  schedulerDatabase: null,
  accountHost: null,
})

const URLS = { tables: ['shop.orders'], heartbeat: { source: { mode: 'job' } } }
const external = { heartbeat: { source: { mode: 'job', by: 'external' } } }
const urlOf = (kind: string, path = '') => ({
  kind,
  url: `${kind}://kate%24%28x%29:${PASSWORD}@db.example:1234${path}`,
})

const ODD = { replicaSet: 'rs 0', tlsCAFile: '/etc/ca "1".pem' }

const PLANS: Readonly<Record<string, (source: string) => SetupPlan>> = {
  postgresql: (source) =>
    POSTGRESQL.setup.plan(POSTGRESQL.config.parse(urlOf('postgresql', '/shop')), variantOf(source)),
  'postgresql, external': (source) =>
    POSTGRESQL.setup.plan(POSTGRESQL.config.parse({ ...urlOf('postgresql', '/shop'), ...external }), variantOf(source)),
  mysql: (source) => MYSQL.setup.plan(MYSQL.config.parse({ ...urlOf('mysql'), ...URLS }), variantOf(source)),
  'mysql, external': (source) =>
    MYSQL.setup.plan(MYSQL.config.parse({ ...urlOf('mysql'), ...URLS, ...external }), variantOf(source)),
  mariadb: (source) => MARIADB.setup.plan(MARIADB.config.parse({ ...urlOf('mariadb'), ...URLS }), variantOf(source)),
  mongodb: (source) =>
    MONGODB.setup.plan(
      MONGODB.config.parse({ ...urlOf('mongodb', `/?${new URLSearchParams(ODD)}`), ...URLS }),
      variantOf(source),
    ),
}

/** The manifests of all databases, each with its name. */
function manifestsOf(source: string): readonly (readonly [name: string, text: string])[] {
  return Object.entries(PLANS).flatMap(([name, plan]) =>
    plan(source)
      .outside.filter(({ form }) => form.startsWith('cronjob'))
      .map(({ form, text }) => [`${form} of ${name}`, text] as const),
  )
}

describe.each(manifestsOf('Shop_1'))('%s', (_, text) => {
  const manifest = parse(text)
  const job = manifest.spec.jobTemplate.spec
  const pod = job.template.spec

  it('is a CronJob by the published schema, and has no field that the schema does not know', () => {
    expect(cronJobMistakes(manifest)).toEqual([])
  })

  it('has secrets by reference only', () => {
    expect(text).not.toContain(PASSWORD)
    const [container] = pod.containers
    const name = manifest.metadata.name
    const byName = [
      ...(container.envFrom ?? []).map((each: { secretRef: { name: string } }) => each.secretRef.name),
      ...(container.env ?? []).map(
        (each: { valueFrom: { secretKeyRef: { name: string } } }) => each.valueFrom.secretKeyRef.name,
      ),
    ]
    expect(byName).toEqual([name])
  })

  it('runs as a user without privileges, one at a time, with an end, and keeps few of those that ended', () => {
    const [container] = pod.containers
    expect(manifest.spec).toMatchObject({
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 60,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
    })
    expect(job).toMatchObject({ activeDeadlineSeconds: 60, backoffLimit: 0 })
    expect(pod).toMatchObject({ restartPolicy: 'Never', automountServiceAccountToken: false })
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(pod.securityContext.runAsUser).toBeGreaterThan(0)
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  })

  it('is refused with any of its fields misspelt', () => {
    const misspelt = withMisspeltFields(manifest)
    expect(misspelt.length).toBeGreaterThan(30)
    const accepted = misspelt.filter(({ value }) => cronJobMistakes(value).length === 0).map(({ path }) => path)
    expect(accepted).toEqual([])
  })
})

/** The value once for each of its fields, with that field renamed. */
function withMisspeltFields(value: unknown, path = ''): readonly { readonly path: string; readonly value: unknown }[] {
  if (typeof value !== 'object' || value === null) return []
  const entries = Object.entries(value)
  return entries.flatMap(([key, each]) => {
    const inside = withMisspeltFields(each, `${path}/${key}`).map(({ path: at, value: changed }) => ({
      path: at,
      value: Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed },
    }))
    if (Array.isArray(value)) return inside
    const renamed = Object.fromEntries(entries.map(([name, one]) => [name === key ? `${name}x` : name, one]))
    return [{ path: `${path}/${key}`, value: renamed }, ...inside]
  })
}

it('there is a manifest for each database, and with mongosh too', () => {
  const names = manifestsOf('shop').map(([name]) => name)
  expect(names).toEqual([...Object.keys(PLANS).map((name) => `cronjob of ${name}`), 'cronjob-mongosh of mongodb'])
})

it('a variable of Kubernetes in a command is not one', () => {
  const text = manifestsOf('shop').find(([name]) => name === 'cronjob of postgresql')?.[1] ?? ''
  const [container] = parse(text).spec.jobTemplate.spec.template.spec.containers
  expect(container.command.join(' ')).toContain('kate$$(x)')
})

describe('the name of a CronJob', () => {
  const sources = [
    'shop',
    'Shop',
    'shop-1',
    'shop_1',
    'Shop_1',
    '-',
    '_',
    '--',
    'a-',
    'a_',
    'x'.repeat(44),
    'x'.repeat(45),
  ]
  const long = ['x'.repeat(64), `${'x'.repeat(63)}y`, '_'.repeat(64), `${'a'.repeat(42)}_${'b'.repeat(21)}`]

  it.each([...sources, ...long])('of the source %s is one that Kubernetes accepts', (source) => {
    expect(resourceName(source)).toMatch(/^[a-z0-9](?:[-a-z0-9]{0,50}[a-z0-9])?$/u)
    expect(resourceName(source)).not.toMatch(/--[0-9a-f]{8}$/u)
  })

  it('is that of the source if it can be, and never the same for two', () => {
    expect(resourceName('shop-1')).toBe('offbeat-shop-1')
    expect(new Set([...sources, ...long].map(resourceName)).size).toBe(sources.length + long.length)
  })
})
