import { randomBytes } from 'node:crypto'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../src/local-server/free-port.ts'
import { asOffbeatError, type OffbeatError } from '../../src/model/error.ts'
import type { MysqlConfig } from '../../src/sources/mysql/config.ts'
import { canWrite } from '../../src/sources/mysql/connect/read-only.ts'
import { makeAuthority } from '../support/certificates.ts'
import { type MysqlServer, mysqlMissing, sharedMysql, startMysql } from '../support/mysql.ts'
import { connectForInspection, mysqlSource } from '../support/mysql-source.ts'
import { BOTH_PRODUCTS, EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const PASSWORD = "plan'ted\\"

/** null: it lets us in. */
async function refusal(config: MysqlConfig): Promise<OffbeatError | null> {
  try {
    await using _ = await connectForInspection(config)
    return null
  } catch (thrown) {
    return asOffbeatError(thrown)
  }
}

/** A user of its own with the password, who logs in by the server's default method or by `method`. */
async function createUser(server: MysqlServer, method = 'BY ?'): Promise<string> {
  const user = `u_${randomBytes(4).toString('hex')}`
  await server.query('', `CREATE USER ${user} IDENTIFIED ${method}`, [PASSWORD])
  return user
}

describe.each(EVERY_MYSQL)('%s', (version) => {
  const absent = mysqlMissing(version) !== null

  test.skipIf(absent)('values come as the server writes them: no number is rounded and no time shifted', async () => {
    const server = await sharedMysql(version)
    await using session = await connectForInspection(mysqlSource(server))
    const sql = `SELECT 18446744073709551615 AS big, CAST(0.1 AS DECIMAL(40, 30)) AS exact, CAST('2024-02-29 23:59:59.123456' AS DATETIME(6)) AS time,
      NULL AS nothing, ? AS text, @@session.time_zone AS zone`
    expect(await session.query(sql, ["it's \\ 'quoted' 😀"])).toEqual([
      {
        big: '18446744073709551615',
        exact: '0.100000000000000000000000000000',
        time: '2024-02-29 23:59:59.123456',
        nothing: null,
        text: "it's \\ 'quoted' 😀",
        zone: '+00:00',
      },
    ])
    expect(`${session.version.product}-${session.version.text}`).toContain(server.version)
  })

  test.skipIf(absent)('whether clients can write is read from a number and from the words of MariaDB 12', async () => {
    const server = await sharedMysql(version)
    await using session = await connectForInspection(mysqlSource(server))
    const values = ['0', '1', "'OFF'", "'ON'", "'NO_LOCK'", "'NO_LOCK_NO_ADMIN'"]
    const [answers = {}] = await session.query(
      `SELECT ${values.map((value, i) => `${canWrite(value)} AS v${i}`).join(', ')}, ${canWrite()} AS server`,
    )
    expect(Object.values(answers)).toEqual(['1', '0', '1', '0', '0', '0', '1'])
  })

  test.skipIf(absent)('the errors of a login', async () => {
    const server = await sharedMysql(version)
    const user = await createUser(server)
    const source = (entry: Record<string, unknown>) => mysqlSource(server, { user, password: PASSWORD, ...entry })
    expect(await refusal(source({}))).toBeNull()
    expect(await refusal(source({ password: 'wrong' }))).toMatchObject({
      code: 'DATABASE_PASSWORD_WRONG',
      found: expect.stringMatching(/^ERROR 1045 \(28000\): Access denied for user/),
    })
    expect(await refusal(source({ password: undefined }))).toMatchObject({ code: 'DATABASE_PASSWORD_MISSING' })
    expect(await refusal(source({ port: await freePort() }))).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    expect(await refusal(source({ host: 'nowhere.invalid' }))).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    await server.query('', `ALTER USER ${user} WITH MAX_USER_CONNECTIONS 1`)
    {
      await using _only = await connectForInspection(source({}))
      expect(await refusal(source({}))).toMatchObject({ code: 'DATABASE_TOO_MANY_CONNECTIONS' })
    }
    await server.query('', `ALTER USER ${user} ACCOUNT LOCK`)
    expect(await refusal(source({}))).toMatchObject({
      code: 'DATABASE_LOGIN_REFUSED',
      fix: [{ text: `ALTER USER '${user}'@'%' ACCOUNT UNLOCK` }],
    })
  })

  test.skipIf(absent)('the password is read from its file at each login', async () => {
    const server = await sharedMysql(version)
    const user = await createUser(server)
    using folder = temporaryFolder()
    const passwordFile = folder.file('password')
    const config = mysqlSource(server, { user, passwordFile })
    expect(await refusal(config)).toMatchObject({ code: 'DATABASE_PASSWORD_FILE' })
    writeFileSync(passwordFile, 'old\n')
    expect(await refusal(config)).toMatchObject({ code: 'DATABASE_PASSWORD_FILE_WRONG' })
    writeFileSync(passwordFile, `${PASSWORD}\n`)
    expect(await refusal(config)).toBeNull()
  })

  test.skipIf(absent)('the errors of statements', async () => {
    const server = await sharedMysql(version)
    const user = await createUser(server)
    const database = await server.createDatabase()
    await server.query(database, 'CREATE TABLE secret (id int)')
    await using session = await connectForInspection(mysqlSource(server, { user, password: PASSWORD }))
    const codeOf = (sql: string) =>
      session.query(sql).catch((error: OffbeatError) => [error.code, error.details['number']])
    expect(await codeOf(`SELECT * FROM ${database}.secret`)).toEqual(['DATABASE_PERMISSION', 1142])
    expect(await codeOf(`USE ${database}`)).toEqual(['DATABASE_PERMISSION', 1044])
    expect(await codeOf('SHOW BINARY LOGS')).toEqual(['DATABASE_PERMISSION', 1227])
    expect(await codeOf(`SELEKT '${PASSWORD}'`)).toEqual(['DATABASE_ERROR', 1064])
    const wrong = session.query("CREATE USER x IDENTIFIED BY 'plan")
    await expect(wrong).rejects.toMatchObject({
      code: 'DATABASE_ERROR',
      found: 'ERROR 1064 (42000); statement: CREATE USER x IDENTIFIED BY ...',
    })
  })

  test.skipIf(absent)('the server refuses every write of a read-only session', async () => {
    const server = await sharedMysql(version)
    const database = await server.createDatabase()
    await server.query(database, 'CREATE TABLE kept (id int)')
    await using session = await connectForInspection(mysqlSource(server, { readOnly: true }))
    const written = session.query(`INSERT INTO ${database}.kept VALUES (1)`)
    await expect(written).rejects.toMatchObject({ code: 'DATABASE_READ_ONLY', details: { number: 1792 } })
  })

  test.skipIf(absent)('a killed session, a statement that times out, and a server that stops', async () => {
    await using server = await startMysql({ version })
    const config = mysqlSource(server)
    await using ended = await connectForInspection(config)
    const [row] = await ended.query('SELECT CONNECTION_ID() AS id')
    await server.query('', `KILL ${row?.['id']}`)
    await expect(ended.query('SELECT 1')).rejects.toMatchObject({ retry: true })
    expect(ended.isOpen).toBe(false)

    await using late = await connectForInspection(config)
    await expect(late.query('SELECT SLEEP(100)', [], { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
    })
    const stop = new AbortController()
    await using stopped = await connectForInspection(config)
    const waiting = stopped.query('SELECT SLEEP(100)', [], { signal: stop.signal })
    stop.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'DATABASE_CONNECTION_LOST' })

    await using last = await connectForInspection(config)
    await server.stop()
    await expect(last.query('SELECT 1')).rejects.toMatchObject({ retry: true })
    expect(await refusal(config)).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
  })

  test.skipIf(absent)('a read-only server is reported, and used only if no other host is a primary', async () => {
    await using server = await startMysql({ version })
    await server.query('', 'SET GLOBAL read_only = ON')
    const user = await createUser(server)
    const database = await server.createDatabase()
    await server.query(database, `CREATE TABLE kept (id int); GRANT ALL ON ${database}.* TO ${user}`)
    const entry = { user, password: PASSWORD }
    await using session = await connectForInspection(mysqlSource(server, entry))
    const written = session.query(`INSERT INTO ${database}.kept VALUES (1)`)
    await expect(written).rejects.toMatchObject({ code: 'DATABASE_READ_ONLY', details: { number: 1290 } })

    const hosts = [`127.0.0.1:${server.port}`, `127.0.0.1:${await freePort()}`]
    const both = mysqlSource(server, { ...entry, hosts })
    {
      await using fallback = await connectForInspection(both)
      expect(fallback.isFallback).toBe(true)
    }
    await server.query('', 'SET GLOBAL read_only = OFF')
    await using primary = await connectForInspection(both)
    expect(primary.isFallback).toBe(false)
  })
})

describe.each(BOTH_PRODUCTS)('%s', (version) => {
  const absent = mysqlMissing(version) !== null
  const { product } = mysqlServerKind(version)

  test.skipIf(absent)('a source of the other kind is refused', async () => {
    const server = await sharedMysql(version)
    const other = product === 'mysql' ? 'mariadb' : 'mysql'
    const tls = { mode: product === 'mysql' ? 'require' : 'disable' }
    const config = mysqlSource({ ...server, product: other }, { tls })
    expect(await refusal(config)).toMatchObject({
      code: 'MYSQL_PRODUCT',
      fix: [{ in: 'file', text: `kind: ${product}` }],
    })
  })
})

describe.skipIf(mysqlMissing('mysql-9') !== null)('MySQL', () => {
  test('without TLS, a password that the server does not have in its cache is not sent unless that is allowed', async () => {
    const server = await sharedMysql('mysql-9')
    const user = await createUser(server)
    const entry = { user, password: PASSWORD, tls: { mode: 'disable' }, allowPublicKeyRetrieval: false }
    expect(await refusal(mysqlSource(server, entry))).toMatchObject({
      code: 'MYSQL_PUBLIC_KEY',
      fix: [{ text: 'tls: { mode: require }' }, {}, { text: 'allowPublicKeyRetrieval: true' }],
    })
    expect(
      await refusal(mysqlSource(server, { ...entry, password: 'wrong', allowPublicKeyRetrieval: true })),
    ).toMatchObject({
      code: 'DATABASE_PASSWORD_WRONG',
    })
    expect(await refusal(mysqlSource(server, { ...entry, allowPublicKeyRetrieval: true }))).toBeNull()
    // Now it is in the cache.
    expect(await refusal(mysqlSource(server, entry))).toBeNull()
  })

  test('sha256_password logs in over TLS, and without TLS only by the key of the server', async () => {
    const server = await sharedMysql('mysql-9')
    const user = await createUser(server, 'WITH sha256_password BY ?')
    const plain = { user, password: PASSWORD, tls: { mode: 'disable' }, allowPublicKeyRetrieval: false }
    expect(await refusal(mysqlSource(server, plain))).toMatchObject({
      code: 'MYSQL_PUBLIC_KEY',
      found: 'the login method sha256_password, and `tls.mode` disable',
    })
    expect(await refusal(mysqlSource(server, { ...plain, allowPublicKeyRetrieval: true }))).toBeNull()
    expect(await refusal(mysqlSource(server, { user, password: PASSWORD }))).toBeNull()
    expect(await refusal(mysqlSource(server, { user, password: 'wrong' }))).toMatchObject({
      code: 'DATABASE_PASSWORD_WRONG',
    })
  })

  test('a user that does not exist is refused as a wrong password is, whatever method the server asks for', async () => {
    const server = await sharedMysql('mysql-9')
    for (const user of ['nobody', 'nobody2', 'nobody3', 'nobody4'])
      for (const mode of ['require', 'disable'])
        expect(await refusal(mysqlSource(server, { user, password: 'x', tls: { mode } }))).toMatchObject({
          code: 'DATABASE_PASSWORD_WRONG',
        })
  })

  test('over TLS it is sent, in each mode by its own check of the certificate', async () => {
    await using server = await startMysql({ version: 'mysql-9', settings: { require_secure_transport: 'ON' } })
    using folder = temporaryFolder()
    const ca = folder.file('ca.pem')
    copyFileSync(join(server.dataDir, 'ca.pem'), ca)
    const foreign = makeAuthority(folder.path, 'foreign').cert
    const name = `MySQL_Server_${server.version}_Auto_Generated_Server_Certificate`
    const cases: readonly (readonly [Record<string, unknown>, string | null])[] = [
      [{ mode: 'require' }, null],
      [{ mode: 'verify-ca', ca }, null],
      [{ mode: 'verify-full', ca, servername: name }, null],
      [{ mode: 'verify-full', ca }, 'DATABASE_TLS_UNTRUSTED'],
      [{ mode: 'verify-full', ca, servername: 'other.test' }, 'DATABASE_TLS_UNTRUSTED'],
      [{ mode: 'verify-ca', ca: foreign }, 'DATABASE_TLS_UNTRUSTED'],
      [{ mode: 'verify-full' }, 'DATABASE_TLS_UNTRUSTED'],
      [{ mode: 'verify-ca', ca: folder.file('none.pem') }, 'DATABASE_TLS_FILE'],
      [{ mode: 'disable' }, 'DATABASE_LOGIN_REFUSED'],
    ]
    for (const [tls, code] of cases) {
      const refused = await refusal(
        mysqlSource(server, { user: 'root', password: server.password, allowPublicKeyRetrieval: true, tls }),
      )
      expect([tls, refused?.code ?? null]).toEqual([tls, code])
    }
  })
})

describe.skipIf(mysqlMissing('mariadb-10.11') !== null)('MariaDB', () => {
  test('logs in by mysql_native_password and by ed25519', async () => {
    await using server = await startMysql({ version: 'mariadb-10.11', settings: { plugin_load_add: 'auth_ed25519' } })
    for (const plugin of ['mysql_native_password', 'ed25519']) {
      const user = await createUser(server, `VIA ${plugin} USING PASSWORD(?)`)
      expect(await refusal(mysqlSource(server, { user, password: PASSWORD }))).toBeNull()
      expect(await refusal(mysqlSource(server, { user, password: 'wrong' }))).toMatchObject({
        code: 'DATABASE_PASSWORD_WRONG',
      })
    }
  })

  test('an account of the socket alone, and a server without TLS, are named', async () => {
    const server = await sharedMysql('mariadb-10.11')
    const user = await createUser(server, 'VIA unix_socket')
    expect(await refusal(mysqlSource(server, { user, password: PASSWORD }))).toMatchObject({
      code: 'DATABASE_LOGIN_REFUSED',
    })
    expect(await refusal(mysqlSource(server, { tls: { mode: 'require' } }))).toMatchObject({
      code: 'DATABASE_TLS_REFUSED',
    })
  })
})

test.skipIf(mysqlMissing('mysql-9') !== null)(
  'no server gets a file of ours, also one that would take it',
  async () => {
    await using server = await startMysql({ version: 'mysql-9', settings: { local_infile: 'ON' } })
    const database = await server.createDatabase()
    await server.query(database, 'CREATE TABLE taken (line text)')
    await using session = await connectForInspection(mysqlSource(server))
    const statement = `LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE ${database}.taken`
    await expect(session.query(statement)).rejects.toMatchObject({ details: { number: 3948 } })
    expect(await server.query(database, 'SELECT * FROM taken')).toEqual([])
  },
)
