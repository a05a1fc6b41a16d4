import { expect, it } from 'vitest'
import { postgresqlConfig } from './config.ts'

const url = 'postgresql://u:p@db.example/shop'

it('fills in the defaults of the smallest entry', () => {
  const config = postgresqlConfig.parse({ kind: 'postgresql', url })
  expect({ ...config, connection: { ...config.connection, password: config.connection.password?.reveal() } }).toEqual({
    kind: 'postgresql',
    connection: {
      hosts: [{ host: 'db.example', port: 5432 }],
      database: 'shop',
      user: 'u',
      password: 'p',
      tls: { mode: 'require', ca: null, cert: null, key: null, servername: null },
    },
    tables: [],
    exclude: [],
    truncates: false,
    readOnly: false,
    primary: null,
    failover: false,
    disk: null,
    heartbeat: {
      connector: { intervalMs: 60_000 },
      source: {
        mode: 'table',
        by: null,
        intervalMs: 60_000,
        schema: 'streamkap',
        table: 'streamkap_heartbeat',
        deliver: false,
      },
    },
    slot: 'streamkap_pgoutput_slot',
    publication: 'streamkap_pub',
    exclusive: [
      {
        key: 'slot',
        id: 'streamkap_pgoutput_slot on db.example:5432',
        because: 'each would miss the changes that the other one reads',
      },
    ],
  })
})

it('takes host, hosts, port, database and user in place of url', () => {
  const one = postgresqlConfig.parse({ kind: 'postgresql', host: 'h', port: '5433', user: 'u', database: 'd' })
  expect(one.connection).toMatchObject({ hosts: [{ host: 'h', port: 5433 }], user: 'u', database: 'd', password: null })
  const two = postgresqlConfig.parse({ kind: 'postgresql', hosts: ['a', 'b:7'], port: 6, user: 'u', database: 'd' })
  expect(two.connection.hosts).toEqual([
    { host: 'a', port: 6 },
    { host: 'b', port: 7 },
  ])
})

it.each([
  ['postgresql://u@127.0.0.1/d', undefined, 'disable'],
  ['postgresql://u@localhost,[::1],%2Fvar%2Frun/d', undefined, 'disable'],
  ['postgresql://u@localhost,db.example/d', undefined, 'require'],
  ['postgresql://u@db.example/d', { mode: 'disable' }, 'disable'],
  ['postgresql://u@db.example/d', { ca: 'ca.pem' }, 'verify-full'],
  ['postgresql://u@db.example/d', { mode: 'verify-ca', ca: 'ca.pem' }, 'verify-ca'],
  ['postgresql://u@localhost/d', { cert: 'c.pem', key: 'k.pem' }, 'require'],
  ['postgresql://u@localhost/d?sslmode=verify-full', undefined, 'verify-full'],
  ['postgresql://u@localhost/d?sslmode=require', { servername: 'db.example' }, 'require'],
])('%s with tls %j is encrypted by mode %s', (given, tls, mode) => {
  const entry = { kind: 'postgresql', url: given, ...(tls === undefined ? {} : { tls }) }
  expect(postgresqlConfig.parse(entry).connection.tls.mode).toBe(mode)
})

it('honours the files that a URL names', () => {
  const given = `${url}?sslmode=verify-full&sslrootcert=ca.pem&sslcert=c.pem&sslkey=k.pem`
  const { tls } = postgresqlConfig.parse({ kind: 'postgresql', url: given }).connection
  expect(tls).toEqual({ mode: 'verify-full', ca: 'ca.pem', cert: 'c.pem', key: 'k.pem', servername: null })
})

it.each<[unknown, unknown]>([
  [{ interval: '5m' }, { connector: { intervalMs: 300_000 }, source: { intervalMs: 300_000, mode: 'table' } }],
  [
    { interval: '5m', connector: { interval: '1s' } },
    { connector: { intervalMs: 1000 }, source: { intervalMs: 300_000 } },
  ],
  [{ connector: 'off' }, { connector: null, source: { mode: 'table' } }],
  [
    { connector: false, source: false },
    { connector: null, source: { mode: 'off' } },
  ],
  [{ source: 'off' }, { connector: { intervalMs: 60_000 }, source: { mode: 'off', table: 'streamkap_heartbeat' } }],
  [{ source: { mode: 'off', table: 't' } }, { source: { mode: 'off', table: 't' } }],
  [{ source: { schema: 'S', table: 'T', deliver: 'on' } }, { source: { schema: 'S', table: 'T', deliver: true } }],
])('heartbeat %j', (heartbeat, config) => {
  expect(postgresqlConfig.parse({ kind: 'postgresql', url, heartbeat }).heartbeat).toMatchObject(config as object)
})

it.each<[object, string]>([
  [{}, 'table'],
  [{ readOnly: true }, 'job'],
  [{ readOnly: 'on', heartbeat: { source: { interval: '2m' } } }, 'job'],
  [{ readOnly: true, heartbeat: { source: 'off' } }, 'off'],
  [{ readOnly: true, heartbeat: { source: { mode: 'job' } } }, 'job'],
  [{ heartbeat: { source: { mode: 'job' } } }, 'job'],
  [{ heartbeat: { source: { mode: 'message' } } }, 'message'],
])('%j beats by mode %s', (entry, mode) => {
  expect(postgresqlConfig.parse({ kind: 'postgresql', url, ...entry }).heartbeat.source.mode).toBe(mode)
})

const ca = { mode: 'verify-full', ca: 'ca.pem', cert: null, key: null, servername: null }

it.each<[string, object, object, object]>([
  [
    'keys that are left out are as for the source',
    { tls: { ca: 'ca.pem', servername: 'replica' } },
    { host: 'a' },
    { hosts: [{ host: 'a', port: 5432 }], user: 'u', database: 'shop', password: 'p', tls: ca },
  ],
  ['a user of its own has no inherited password', {}, { host: 'a', user: 'v' }, { user: 'v', password: null }],
  [
    'all of its own',
    {},
    { url: 'postgresql://v:q@a:7/cron?sslmode=disable' },
    { user: 'v', password: 'q', database: 'cron' },
  ],
  [
    'the file of a password too',
    { url: undefined, host: 'h', user: 'u', database: 'd', passwordFile: 'f' },
    { host: 'a' },
    { passwordFile: 'f' },
  ],
  [
    'a password of its own beside it',
    { url: undefined, host: 'h', user: 'u', database: 'd', passwordFile: 'f' },
    { host: 'a', password: 'q' },
    { password: 'q' },
  ],
])('primary: %s', (_, source, primary, expected) => {
  const given = { kind: 'postgresql', url, readOnly: true, ...source, primary }
  const entry = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const parsed = postgresqlConfig.parse(entry).primary
  expect({ ...parsed, password: parsed?.password?.reveal() ?? null }).toMatchObject(expected)
})

it('a primary with a password of its own takes no file of the source', () => {
  const entry = { kind: 'postgresql', host: 'h', user: 'u', database: 'd', passwordFile: 'f', readOnly: true }
  expect(postgresqlConfig.parse({ ...entry, primary: { host: 'a', password: 'q' } }).primary).not.toHaveProperty(
    'passwordFile',
  )
})

it.each([
  [true, true],
  ['on', true],
  [false, false],
  ['off', false],
])('truncates %j is %s', (truncates, is) => {
  expect(postgresqlConfig.parse({ kind: 'postgresql', url, truncates }).truncates).toBe(is)
})
