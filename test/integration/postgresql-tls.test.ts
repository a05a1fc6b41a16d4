import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import { asOffbeatError, type OffbeatError } from '../../src/model/error.ts'
import { SOURCES } from '../../src/sources/registry.ts'
import { allowFirst, makeAuthority, makeCertificate, serveTls } from '../support/certificates.ts'
import { textsOf, withText } from '../support/fix-script.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { silentLog } from '../support/silent-log.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const PASSWORD = 'planted'

/** null: it lets us in. */
async function refusal(server: PostgresServer, entry: Record<string, unknown>): Promise<OffbeatError | null> {
  const definition = await SOURCES.load('postgresql')
  const password = 'passwordFile' in entry ? {} : { password: PASSWORD }
  const whole = {
    kind: 'postgresql',
    host: '127.0.0.1',
    port: server.port,
    database: 'postgres',
    ...password,
    ...entry,
  }
  const context = { source: 'shop', log: silentLog, clock: systemClock }
  try {
    await using _ = await definition.probe(definition.config.parse(whole), context)
    return null
  } catch (thrown) {
    return asOffbeatError(thrown)
  }
}

describe.skipIf(postgresqlMissing() !== null)('TLS', () => {
  test('the four modes, each with the right and the wrong authority, name, date, client certificate and key', async () => {
    await using server = await startPostgresql()
    using folder = temporaryFolder()
    const ours = makeAuthority(folder.path, 'ours')
    const foreign = makeAuthority(folder.path, 'foreign')
    const good = makeCertificate(folder.path, ours, { name: 'db.test', names: 'DNS:db.test,IP:127.0.0.1' })
    const elsewhere = makeCertificate(folder.path, ours, { name: 'elsewhere.test', names: 'DNS:elsewhere.test' })
    const expired = makeCertificate(folder.path, ours, { name: 'db.test', names: 'IP:127.0.0.1', days: -1 })
    const client = makeCertificate(folder.path, ours, { name: 'certain' })
    const stranger = makeCertificate(folder.path, ours, { name: 'stranger' })
    const unknown = makeCertificate(folder.path, foreign, { name: 'certain_foreign' })
    await server.query(
      'postgres',
      `CREATE ROLE plain LOGIN PASSWORD '${PASSWORD}'; CREATE ROLE certain LOGIN PASSWORD '${PASSWORD}'`,
    )
    const ca = ours.cert

    const refused = await refusal(server, { user: 'plain', tls: { mode: 'require' } })
    expect(refused).toMatchObject({
      code: 'DATABASE_TLS_REFUSED',
      fix: expect.arrayContaining([withText('tls: { mode: disable }')]),
    })

    await serveTls(server, good, ours)
    await allowFirst(server, [
      'hostssl all certain all scram-sha-256 clientcert=verify-full',
      'hostnossl all certain all reject',
    ])
    await waitFor(
      { until: 'TLS is on' },
      async () => (await refusal(server, { user: 'plain', tls: { mode: 'require' } })) === null,
    )

    const cases: readonly (readonly [string, Record<string, unknown>, string | null, RegExp?])[] = [
      ['plain', { mode: 'disable' }, null],
      ['plain', { mode: 'require' }, null],
      ['plain', { mode: 'verify-ca', ca }, null],
      ['plain', { mode: 'verify-full', ca }, null],
      ['plain', { mode: 'verify-full', ca, servername: 'db.test' }, null],
      ['plain', { mode: 'verify-ca', ca, servername: 'other.test' }, null],
      [
        'plain',
        { mode: 'verify-full', ca, servername: 'other.test' },
        'DATABASE_TLS_UNTRUSTED',
        /is for .*DNS:db\.test.*not for other\.test/u,
      ],
      ['plain', { mode: 'verify-ca', ca: foreign.cert }, 'DATABASE_TLS_UNTRUSTED', /authority/u],
      ['plain', { mode: 'verify-full', ca: foreign.cert }, 'DATABASE_TLS_UNTRUSTED', /authority/u],
      ['plain', { mode: 'verify-full' }, 'DATABASE_TLS_UNTRUSTED', /authority/u],
      ['plain', { mode: 'verify-ca', ca: folder.file('none.crt') }, 'DATABASE_TLS_FILE', /tls\.ca.*ENOENT/u],
      ['certain', { mode: 'verify-full', ca, ...client }, null],
      ['certain', { mode: 'require', ...client }, null],
      ['certain', { mode: 'verify-full', ca }, 'DATABASE_LOGIN_REFUSED', /tls\.cert/u],
      ['certain', { mode: 'disable' }, 'DATABASE_LOGIN_REFUSED'],
      ['certain', { mode: 'verify-full', ca, ...stranger }, 'DATABASE_PASSWORD_WRONG', /tls\.cert/u],
      ['certain', { mode: 'verify-full', ca, ...unknown }, 'DATABASE_TLS_FAILED', /tls\.cert/u],
      [
        'certain',
        { mode: 'verify-full', ca, cert: client.cert, key: stranger.key },
        'DATABASE_TLS_FAILED',
        /tls\.key.*tls\.cert/u,
      ],
      [
        'certain',
        { mode: 'verify-full', ca, cert: client.cert, key: folder.path },
        'DATABASE_TLS_FILE',
        /tls\.key.*EISDIR/u,
      ],
      ['certain', { mode: 'verify-full', ca, cert: client.cert, key: client.cert }, 'DATABASE_TLS_FAILED', /tls\.key/u],
    ]
    for (const [user, tls, code, words] of cases) {
      const error = await refusal(server, { user, tls })
      const text = error === null ? null : [error.message, error.found, error.expected, ...textsOf(error.fix)].join(' ')
      expect(error?.code ?? null, `${user} ${JSON.stringify(tls)}: ${text}`).toBe(code)
      if (words !== undefined) expect(text).toMatch(words)
      expect(text ?? '').not.toContain(PASSWORD)
    }

    await serveTls(server, elsewhere, ours)
    const name = () => refusal(server, { user: 'plain', tls: { mode: 'verify-full', ca } })
    await waitFor({ until: 'a certificate of another name' }, async () =>
      (await name())?.found?.includes('elsewhere.test'),
    )
    expect(await refusal(server, { user: 'plain', tls: { mode: 'verify-ca', ca } })).toBeNull()
    await serveTls(server, expired, ours)
    await waitFor({ until: 'an expired certificate' }, async () => (await name())?.found?.includes('has expired'))
    expect(await refusal(server, { user: 'plain', tls: { mode: 'require' } })).toBeNull()
  })
})

describe.skipIf(postgresqlMissing() !== null)('passwords', () => {
  test('any sign, in the url encoded, plain in its key and in a file; the file is read again at each connection', async () => {
    await using server = await startPostgresql()
    using folder = temporaryFolder()
    const file = folder.file('password')
    for (const [index, password] of [
      'a@b#c/d%e',
      'two  blanks ',
      `q'u"o\\te`,
      'größe-密-🔑',
      'a:b?c&d=e+f',
    ].entries()) {
      const user = `odd_${index}`
      await server.query('postgres', `CREATE ROLE ${user} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`)
      const url = `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/postgres`
      const definition = await SOURCES.load('postgresql')
      const context = { source: 'shop', log: silentLog, clock: systemClock }
      await using _ = await definition.probe(definition.config.parse({ kind: 'postgresql', url }), context)
      expect(await refusal(server, { user, password }), password).toBeNull()
      writeFileSync(file, `${password}\n`)
      expect(await refusal(server, { user, passwordFile: file })).toBeNull()
    }
    const rotating = { user: 'odd_0', passwordFile: file }
    expect(await refusal(server, { user: 'odd_0', password: 'wrong' })).toMatchObject({
      code: 'DATABASE_PASSWORD_WRONG',
      retry: false,
    })
    expect(await refusal(server, rotating)).toMatchObject({
      code: 'DATABASE_PASSWORD_FILE_WRONG',
      retry: true,
      found: expect.stringContaining(file),
    })
    writeFileSync(file, '')
    expect(await refusal(server, rotating)).toMatchObject({ code: 'DATABASE_PASSWORD_FILE', retry: true })
    writeFileSync(file, 'a@b#c/d%e')
    expect(await refusal(server, rotating)).toBeNull()
  })
})
