import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { startStandby } from '../support/postgresql-standby.ts'
import { recordingContext } from '../support/recording-context.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { waitFor } from '../support/wait-for.ts'

type Asked = Parameters<typeof recordingContext>[0]

async function offbeat(shop: Shop, admin: string, args: readonly string[], about: Asked = {}) {
  const environment = { OFFBEAT_ADMIN_URL: admin }
  const context = recordingContext({ workingDirectory: shop.folder.path, environment, ...about })
  const code = await runProgram(commandList, args, context, '9.9.9')
  return { code, stdout: context.stdout.text, stderr: context.stderr.text.replaceAll(/\s+/gu, ' ') }
}

function at(url: string, { host, port }: { host: string; port: number }): string {
  const other = new URL(url)
  other.host = `${host}:${port}`
  return other.href
}

const SETUP = ['setup', 'shop', '--apply']
const FIX = ['doctor', 'shop', '--fix']

describe.skipIf(postgresqlMissing(18) !== null)("the administrator's URL", () => {
  let server: PostgresServer
  let other: PostgresServer
  beforeAll(async () => {
    ;[server, other] = await Promise.all([startPostgresql(), startPostgresql()])
  })
  afterAll(async () => {
    await Promise.all([server, other].map((each) => each?.[Symbol.asyncDispose]()))
  })

  const schemas = (on: PostgresServer, database: string) =>
    on.query(database, "SELECT nspname FROM pg_namespace WHERE nspname = 'streamkap'")

  test('another server is refused by its identity, unless somebody says that it is right', async () => {
    await using shop = await openShop(server)
    await shop.sql('DROP SCHEMA streamkap CASCADE')
    await other.query('postgres', `CREATE DATABASE "${shop.database}"`)
    const admin = at(shop.url, other).replace(/:[^:@]*@/u, `:${other.password}@`)
    for (const args of [SETUP, FIX]) {
      const refused = await offbeat(shop, admin, args)
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('ADMIN_ELSEWHERE') })
      expect(refused.stderr).toMatch(/has the system identifier \d+, .* has \d+/u)
      expect(refused.stderr).toContain(`leads to 127.0.0.1:${other.port}, a different server`)
      const no = await offbeat(shop, admin, args, { ask: async () => 'no' })
      expect(no).toMatchObject({ code: 2, stderr: expect.stringContaining('a different server than') })
    }
    // The statements were agreed to before it was known where they would be run.
    const agreed = await offbeat(shop, admin, [...FIX, '--yes'])
    expect(agreed).toMatchObject({ code: 2, stderr: expect.stringContaining('ADMIN_ELSEWHERE') })
    expect(await schemas(other, shop.database)).toEqual([])
    await waitFor({ until: 'no session is left there' }, async () => {
      const sessions = `SELECT FROM pg_stat_activity WHERE datname = '${shop.database}'`
      return (await other.query('postgres', sessions)).length === 0
    })
    const yes = await offbeat(shop, admin, [...SETUP, '--yes'])
    expect(yes.stdout).toContain('done: heartbeat-table')
    expect(await schemas(other, shop.database)).toHaveLength(1)
  })

  test('the same server by another name is known as the same, where the login of the source works', async () => {
    await using shop = await openShop(server)
    await shop.sql('DROP SCHEMA streamkap CASCADE')
    await using name = await startTcpProxy(server)
    const applied = await offbeat(shop, at(shop.url, name), [...SETUP, '--yes'])
    expect(applied, applied.stderr).toMatchObject({ code: 0, stderr: '' })
  })

  test('where the login of the source does not work yet, it is asked; without a terminal it is refused', async () => {
    await using shop = await openShop(server)
    await using name = await startTcpProxy(server)
    const user = `new_${shop.slot}`.slice(0, 63)
    const { host, port, database } = { ...server, database: shop.database }
    shop.configure({ url: undefined, host, port, database, user, password: 'new' })
    const admin = at(shop.url, name)
    const refused = await offbeat(shop, admin, SETUP)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('ADMIN_ELSEWHERE') })
    expect(refused.stderr).toContain('is it the same server?')
    const asked: string[] = []
    const ask = async (question: string) => {
      asked.push(question)
      return 'yes'
    }
    const applied = await offbeat(shop, admin, SETUP, { ask })
    expect(applied, applied.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('done: user') })
    expect(asked).toEqual(['Continue? (yes/no) ', 'Continue? (yes/no) '])
    await shop.sql(`DROP OWNED BY "${user}"; DROP ROLE "${user}"`)
  })

  test('another database on the right server is refused whatever is said', async () => {
    await using shop = await openShop(server)
    await shop.sql('DROP SCHEMA streamkap CASCADE')
    for (const args of [
      [...SETUP, '--yes'],
      [...FIX, '--yes'],
    ]) {
      const refused = await offbeat(shop, server.url('postgres'), args)
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('ADMIN_ELSEWHERE') })
      expect(refused.stderr).toContain(`found: the database postgres expected: ${shop.database}`)
      expect(refused.stderr).toContain(`do: replace postgres by ${shop.database} in the URL`)
    }
    expect(await schemas(server, 'postgres')).toEqual([])
    const none = new URL(shop.url)
    none.pathname = ''
    expect((await offbeat(shop, none.href, [...SETUP, '--yes'])).code).toBe(0)
  })

  test('of two sources, one in another database: the first is fixed and shown, the second is shown with what is wrong', async () => {
    await using shop = await openShop(server)
    await using second = await openShop(server)
    for (const each of [shop, second]) await each.sql('DROP SCHEMA streamkap CASCADE')
    const entry = (of: Shop) => ({ kind: 'postgresql', url: of.url, slot: of.slot })
    const sources = { shop: entry(shop), second: entry(second) }
    writeFileSync(shop.folder.file('offbeat.yaml'), JSON.stringify({ sources, sink: { kind: 'sqlite' } }))
    const fixed = await offbeat(shop, shop.url, ['doctor', '--fix', '--yes'])
    expect(fixed).toMatchObject({ code: 2, stderr: expect.stringContaining(`found: the database ${shop.database}`) })
    expect(await schemas(server, shop.database)).toHaveLength(1)
    expect(await schemas(server, second.database)).toEqual([])
    expect(fixed.stdout).toMatch(/ok {4}the heartbeat table: .*fail {2}the heartbeat table/su)
  })

  test('a password that the URL leaves out is asked for, once', async () => {
    await using shop = await openShop(server)
    await shop.sql('DROP SCHEMA streamkap CASCADE')
    const without = shop.url.replace(/:[^:@]*@/u, '@')
    const asked: string[] = []
    const ask = async (question: string, hidden?: 'hidden') => {
      asked.push(`${question}${hidden ?? ''}`)
      return hidden === undefined ? 'yes' : server.password
    }
    const fixed = await offbeat(shop, without, FIX, { ask })
    expect(fixed, fixed.stderr).toMatchObject({ code: 0 })
    expect(asked).toEqual(['Password of the administrator: hidden', 'Continue? (yes/no) '])
    expect(fixed.stdout + fixed.stderr).not.toContain(server.password)
  })

  test('a wrong or missing password of the administrator is distinguished from that of the source', async () => {
    await using shop = await openShop(server)
    await shop.sql('DROP SCHEMA streamkap CASCADE')
    for (const [password, code] of [
      [':wrong@', 'DATABASE_PASSWORD_WRONG'],
      ['@', 'DATABASE_PASSWORD_MISSING'],
    ] as const) {
      for (const args of [SETUP, FIX]) {
        const refused = await offbeat(shop, shop.url.replace(/:[^:@]*@/u, password), [...args, '--yes'])
        expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(code) })
        expect(refused.stderr).toContain("expected: the administrator's password in OFFBEAT_ADMIN_URL")
        expect(refused.stderr).not.toMatch(/ALTER ROLE postgres|passwordFile/u)
      }
    }
  })

  test('a standby is read and its primary prepared without a question; a copy of a server is another one', async () => {
    await using primary = await startPostgresql()
    await using shop = await openShop(primary)
    await using standby = await startStandby(primary)
    const url = at(shop.url, standby)
    shop.configure({ url, readOnly: true, heartbeat: { source: 'off' } })
    await standby.catchUp()
    const applied = await offbeat(shop, shop.url, [...SETUP, '--yes'])
    expect(applied, applied.stderr).toMatchObject({ code: 0, stderr: '' })
    await standby.promote()
    const refused = await offbeat(shop, shop.url, SETUP)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('one is a copy of the other') })
  })
})
