import { expect, test } from 'vitest'
import { SIMULATED_DEFAULTS } from '../../../test/support/simulated/config.ts'
import { Secret } from '../../model/secret.ts'
import type { ConnectionDefaults } from '../connection-defaults.ts'
import { adminConnection } from './admin-connection.ts'

const tls = { mode: 'disable', ca: null, cert: null, key: null, servername: null } as const

function leadsTo(path: string, own: string | null, database: ConnectionDefaults['database']) {
  const connection = { hosts: [{ host: 'db', port: 1 }], database: own, user: 'u', password: null, tls }
  return adminConnection({ connection }, new Secret(`simulated://admin:planted@db${path}`), {
    ...SIMULATED_DEFAULTS,
    database,
  })
}

test.each([
  ['', 'shop', 'required'],
  ['/shop', 'shop', 'required'],
  ['', null, 'optional'],
  ['', null, 'none'],
] as const)('the URL with the path %j leads to the database of the source, %s', (path, own, database) => {
  expect(leadsTo(path, own, database)).toMatchObject({ database: own, user: 'admin' })
})

test.each(['optional', 'none'] as const)(
  'a database in the URL of a source that has none (%s) is a mistake',
  (database) => {
    const leads = () => leadsTo('/shop', null, database)
    expect(leads).toThrow('has a database, and the source has none')
    expect(leads).toThrow(
      expect.objectContaining({ code: 'USAGE_INVALID', expected: 'simulated://[user:password@]host:port' }),
    )
  },
)

test.each([
  ['', null],
  ['/admin', 'admin'],
])('a database where only the user is defined is that of the URL with the path %j', (path, database) => {
  for (const own of [null, 'shop']) expect(leadsTo(path, own, 'login')).toMatchObject({ database, user: 'admin' })
})

test('another database than that of the source is elsewhere', () => {
  expect(() => leadsTo('/stock', 'shop', 'required')).toThrow(expect.objectContaining({ code: 'ADMIN_ELSEWHERE' }))
})
