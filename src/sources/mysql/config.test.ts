import { describe, expect, it } from 'vitest'
import { mariadbConfig, mysqlConfig } from './config.ts'

it('fills in the defaults of the smallest entry', () => {
  const config = mysqlConfig.parse({ kind: 'mysql', url: 'mysql://u:p@db.example' })
  expect({ ...config, connection: { ...config.connection, password: config.connection.password?.reveal() } }).toEqual({
    kind: 'mysql',
    connection: {
      hosts: [{ host: 'db.example', port: 3306 }],
      database: null,
      user: 'u',
      password: 'p',
      tls: { mode: 'require', ca: null, cert: null, key: null, servername: null },
    },
    tables: [],
    exclude: [],
    truncates: false,
    readOnly: false,
    primary: null,
    disk: null,
    serverId: null,
    allowPublicKeyRetrieval: false,
    exclusive: [],
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
  })
})

it('a URL of MariaDB begins with either scheme, one of MySQL with its own', () => {
  for (const url of ['mariadb://u:p@h:3307', 'mysql://u:p@h:3307'])
    expect(mariadbConfig.parse({ kind: 'mariadb', url }).connection.hosts).toEqual([{ host: 'h', port: 3307 }])
  expect(mysqlConfig.safeParse({ kind: 'mysql', url: 'mariadb://u:p@h' }).success).toBe(false)
  expect(mysqlConfig.safeParse({ kind: 'mariadb', url: 'mysql://u:p@h' }).success).toBe(false)
})

it.each([
  ['mysql://u@127.0.0.1', 'disable'],
  ['mysql://u@db.example?ssl-mode=DISABLED', 'disable'],
  ['mysql://u@db.example?ssl-mode=REQUIRED', 'require'],
  ['mysql://u@db.example?ssl-mode=VERIFY_CA&ssl-ca=ca.pem', 'verify-ca'],
  ['mysql://u@db.example?ssl-mode=VERIFY_IDENTITY&ssl-ca=ca.pem', 'verify-full'],
  ['mysql://u@db.example?ssl-ca=ca.pem', 'verify-full'],
])('%s: TLS %s', (url, mode) => {
  expect(mysqlConfig.parse({ kind: 'mysql', url }).connection.tls.mode).toBe(mode)
})

it.each([
  [{ url: 'mysql://u@127.0.0.1' }, true],
  [{ url: 'mysql://u@localhost,[::1]' }, true],
  [{ url: 'mysql://u@127.0.0.1,db.example' }, false],
  [{ url: 'mysql://u@127.0.0.1', allowPublicKeyRetrieval: false }, false],
  [{ url: 'mysql://u@db.example', allowPublicKeyRetrieval: true }, true],
])('%j: the key of the server is trusted: %s', (entry, isTrusted) => {
  expect(mysqlConfig.parse({ kind: 'mysql', ...entry }).allowPublicKeyRetrieval).toBe(isTrusted)
})

describe('refuses', () => {
  const messageOf = (entry: Record<string, unknown>) =>
    mysqlConfig.safeParse({ kind: 'mysql', ...entry }).error?.issues.map(({ message }) => message)

  it.each([
    [
      { url: 'mysql://u@h/shop' },
      'has a database, and the connection is to the whole server; name the database in tables instead, as in ["shop.*"]',
    ],
    [{ url: 'mysql://h' }, 'has no user'],
    [{ url: 'mysql://u@h?ssl-mode=PREFERRED' }, 'has ssl-mode with a value that is not known'],
    [
      { url: 'mysql://u@h?useSSL=true' },
      'has the parameter useSSL; write ssl-mode=REQUIRED, or better ssl-mode=VERIFY_IDENTITY',
    ],
    [{ url: 'mysql://u@h', heartbeat: { source: { mode: 'message' } } }, undefined],
    [{ url: 'mysql://u@h', tables: ['a.b.c'] }, undefined],
  ])('%j', (entry, message) => {
    const messages = messageOf(entry) ?? []
    expect(messages.length).toBeGreaterThan(0)
    if (message !== undefined) expect(messages).toContain(message)
  })
})
