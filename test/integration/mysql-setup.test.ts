import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { mysqlClientMissing, pasteIntoMysql } from '../support/mysql-client-program.ts'
import { permittedOnMysql } from '../support/mysql-forbidden.ts'
import { queryMysql } from '../support/mysql-query.ts'
import { openMysqlShop } from '../support/mysql-shop.ts'
import { EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'
import { runningOffbeat } from '../support/running-offbeat.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

/** Quotes, backslashes, patterns of `replace`, what a URL must encode, and more than one byte. */
const PASSWORD = `p@:/?#%20'"\\$&$1 wü`

describe.each(EVERY_MYSQL)('offbeat setup on %s', (version) => {
  const { product } = mysqlServerKind(version)
  let server: MysqlServer

  beforeAll(async () => {
    if (mysqlMissing(version) === null) server = await startMysql({ version, settings: { general_log: 'ON' } })
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  const it = test.skipIf(mysqlMissing(version) !== null)

  it('promise 14: it prints and changes nothing, shows all before it changes any, and a second run is harmless', async () => {
    await using shop = await openMysqlShop(server)
    const before = await shop.fingerprint()
    const printed = await shop.setup()
    expect(printed).toMatchObject({ code: 0 })
    expect(await shop.fingerprint()).toEqual(before)
    const applied = await shop.setup('--apply')
    expect(applied, applied.stderr).toMatchObject({ code: 0 })
    const shown = applied.stdout.slice(0, applied.stdout.indexOf('done: '))
    expect(shown).toContain(`GRANT SELECT ON ${shop.database}.orders TO '${shop.user}'@'%';`)
    expect(applied.stdout).toContain('done: heartbeat-row')
    const after = await shop.fingerprint()
    const again = await shop.setup('--apply')
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing is left to run.') })
    expect(await shop.fingerprint()).toEqual(after)
  })

  it('promise 12: a password stands in nothing that is printed, nor in a log of the server', async () => {
    await using shop = await openMysqlShop(server, { password: PASSWORD })
    const runs = [await shop.setup(), await shop.setup('--json'), await shop.setup('--apply')]
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(runs[0]?.stdout).toContain(`CREATE USER IF NOT EXISTS '${shop.user}'@'%' IDENTIFIED BY '<password>'`)
    for (const url of [`${shop.url('root', 'hush')}?hush=hush`, shop.url('root', 'hush'), 'hush']) {
      const refused = await shop.offbeat(url, 'setup', 'shop', '--apply', '--yes')
      expect(refused).toMatchObject({ code: 2 })
      runs.push(refused)
    }
    for (const { stdout, stderr } of runs)
      for (const secret of [PASSWORD.slice(0, 8), server.password, 'hush'])
        expect(stdout + stderr).not.toContain(secret)
    const files = readdirSync(server.dataDir).filter((name) => /^binlog\.\d|\.log$/u.test(name))
    const logs = files.map((name) => readFileSync(join(server.dataDir, name), 'latin1')).join('\n')
    expect(logs).toMatch(new RegExp(`CREATE USER IF NOT EXISTS '${shop.user}'@'%' IDENTIFIED`, 'u'))
    expect(logs).not.toContain(PASSWORD.slice(0, 8))
    // It is set all the same, exactly.
    expect(await queryMysql(shop.own, 'SELECT 1 AS one', [])).toEqual([{ one: 1 }])
  })

  it('the user can do what run, status and beat need, and nothing more', async () => {
    await using shop = await openMysqlShop(server)
    expect(await shop.setup('--apply')).toMatchObject({ code: 0 })
    const cwd = { cwd: shop.folder.path }
    await using running = runningOffbeat(['run'], cwd)
    await running.output(/"verdict":"\w+","from":null/u)
    await shop.sql("INSERT INTO orders VALUES (1, 'tea')")
    const url = shop.url('root', server.password)
    const beat = await shop.offbeat(url, 'beat', 'shop', '--wait')
    expect(beat, beat.stderr).toMatchObject({ code: 0 })
    const tail = await shop.offbeat(url, 'tail', 'shop', '--topic', `shop.${shop.database}.orders`, '--limit', '1')
    expect(tail.stdout).toContain('"what":"tea"')
    const status = await shop.offbeat(url, 'status', '--json')
    expect(status, status.stdout).toMatchObject({ code: 0 })
    running.stop()
    expect((await running.ended).code).toBe(0)
    const names = { shop: shop.database, heartbeat: `${shop.heartbeat}.streamkap_heartbeat` }
    expect(await permittedOnMysql(shop.own, names)).toEqual([])
  })

  test.skipIf(mysqlMissing(version) !== null || mysqlClientMissing(version) !== null)(
    'names with quotes, backslashes and other letters, pasted into a client whose sql_mode reads both differently',
    async () => {
      const mode = `SELECT @@GLOBAL.sql_mode AS mode`
      const [usual] = await server.query('', mode)
      await using shop = await openMysqlShop(server, {
        user: `o'br\\ien"ß`,
        password: 'pasted-password',
        database: `my_shop'\\%\`"ü`,
        heartbeat: `beat'\\_"ü`,
        tables: [`"my_shop'\\%\`""ü".*`],
      })
      await server.query('', "SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
      const { stdout } = await shop.setup('--read-only')
      const pasted = pasteIntoMysql(server, version, stdout.replaceAll('<password>', 'pasted-password'))
      await pasted.finally(() => server.query('', 'SET GLOBAL sql_mode = ?', [usual?.['mode']]))
      const applied = await shop.setup('--apply', '--read-only')
      expect(applied.stdout).toContain('Nothing is left to run.')
      expect(applied, applied.stderr).toMatchObject({ code: 0 })
      const [{ n } = {}] = await server.query(
        '',
        'SELECT COUNT(*) AS n FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?',
        [shop.heartbeat],
      )
      expect(n).toBe(1)
    },
  )

  it('patterns become grants on what they match; where only the server knows it, its own statements are run', async () => {
    const grants = async (tables: readonly string[], exclude: readonly string[] = []) => {
      await using shop = await openMysqlShop(server, { tables, entry: { exclude } })
      await shop.sql('CREATE TABLE `ord_e%rs` (id int); CREATE VIEW orders_view AS SELECT 1')
      const applied = await shop.setup('--apply')
      expect(applied, applied.stdout + applied.stderr).toMatchObject({ code: 0 })
      expect((await shop.setup('--apply')).stdout).toContain('Nothing is left to run.')
      const rows = await server.query('', `SHOW GRANTS FOR '${shop.user}'@'%'`)
      const found = rows.flatMap((row) => /^GRANT SELECT ON (.*) TO/u.exec(String(Object.values(row)[0]))?.[1] ?? [])
      return found
        .map((on) => on.replace(shop.database, 'shop').replace(shop.database.replace('_', '\\_'), 'shop'))
        .toSorted()
    }
    expect(await grants(['{shop}.*'])).toEqual(['`shop`.*'])
    expect(await grants(['{shop}.orders', '{shop}.ord_e*rs'])).toEqual(['`shop`.`ord_e%rs`', '`shop`.`orders`'])
    expect(await grants(['{shop}.*'], ['secret'])).toEqual(['`shop`.`ord_e%rs`', '`shop`.`orders`'])
    expect(await grants([])).toContain('`shop`.*')
  })

  test.skipIf(mysqlMissing(version) !== null || product !== 'mysql')(
    'with partial_revokes, where the name of a database is no pattern, the user can read it all the same',
    async () => {
      await using _ = {
        [Symbol.asyncDispose]: async () => void (await server.query('', 'SET GLOBAL partial_revokes = OFF')),
      }
      await server.query('', 'SET GLOBAL partial_revokes = ON')
      for (const tables of [['{shop}.*'], []]) {
        await using shop = await openMysqlShop(server, { tables })
        const applied = await shop.setup('--apply', '--read-only')
        expect(applied, applied.stderr).toMatchObject({ code: 0 })
        expect(await queryMysql(shop.own, `SELECT * FROM ${shop.database}.orders`, [])).toEqual([])
        const events = await queryMysql(shop.own, 'SELECT EVENT_NAME AS name FROM information_schema.EVENTS', [])
        expect(events).toEqual([{ name: 'streamkap_heartbeat' }])
        expect((await shop.setup('--apply', '--read-only')).stdout).toContain('Nothing is left to run.')
      }
    },
  )

  it('a misspelt table is refused with the nearest one, before anything is changed', async () => {
    await using shop = await openMysqlShop(server, { tables: ['{shop}.Orders', '{shop}.orders', 'nothing.like_it'] })
    const before = await shop.fingerprint()
    const blocked = await shop.setup('--apply')
    expect(blocked).toMatchObject({ code: 1 })
    expect(blocked.stdout).toContain(
      `found: ${shop.database}.Orders: no such table; did you mean ${shop.database}.orders?`,
    )
    expect(blocked.stdout).toMatch(/found: nothing\.like_it: no such table$/mu)
    expect(blocked.stdout).not.toContain(`found: ${shop.database}.orders:`)
    expect(await shop.fingerprint()).toEqual(before)
  })

  it('an account of the same name for other hosts is found; --account-host takes it', async () => {
    await using shop = await openMysqlShop(server)
    await server.query('', `CREATE USER '${shop.user}'@'127.0.0.%' IDENTIFIED BY 'planted-password'`)
    const before = await shop.fingerprint()
    const blocked = await shop.setup('--apply')
    expect(blocked).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`found: the account '${shop.user}'@'127.0.0.%'`),
    })
    expect(await shop.fingerprint()).toEqual(before)
    const applied = await shop.setup('--apply', '--account-host', '127.0.0.%')
    expect(applied, applied.stdout).toMatchObject({ code: 0, stdout: expect.not.stringContaining('done: user\n') })
    // What is printed later is for this account too.
    await server.query('', `REVOKE REPLICATION SLAVE ON *.* FROM '${shop.user}'@'127.0.0.%'`)
    const { stdout } = await shop.offbeat('', 'doctor', 'shop')
    expect(stdout).toContain(`GRANT REPLICATION SLAVE ON *.* TO '${shop.user}'@'127.0.0.%';`)
    expect(stdout).not.toContain(`'${shop.user}'@'%'`)
    const accounts = await server.query('', `SELECT Host AS host FROM mysql.user WHERE User = '${shop.user}'`)
    expect(accounts).toEqual([{ host: '127.0.0.%' }])
  })

  it('an administrator without a privilege is refused at that step, with who can run it', async () => {
    await using shop = await openMysqlShop(server)
    await using _ = { [Symbol.asyncDispose]: async () => void (await server.query('', "DROP USER 'weak'@'%'")) }
    await server.query('', "CREATE USER 'weak'@'%' IDENTIFIED BY 'weak'; GRANT SELECT ON *.* TO 'weak'@'%'")
    const before = await shop.fingerprint()
    const setup = ['setup', 'shop', '--apply', '--yes']
    const refused = await shop.offbeat(shop.url('weak', 'weak'), ...setup)
    expect(refused).toMatchObject({ code: 2, stdout: expect.stringContaining('GRANT SELECT ON') })
    expect(refused.stderr).toMatch(/the step user failed.*code: DATABASE_PERMISSION/u)
    expect(refused.stderr).toContain(
      `expected: a user with CREATE USER ${server.product}: CREATE USER IF NOT EXISTS '${shop.user}'@'%'`,
    )
    expect(await shop.fingerprint()).toEqual(before)
    await server.query('', "GRANT CREATE USER ON *.* TO 'weak'@'%'")
    const further = await shop.offbeat(shop.url('weak', 'weak'), ...setup)
    expect(further).toMatchObject({ code: 2, stdout: expect.stringContaining('done: user\n') })
    expect(further.stderr).toContain('the step replication failed')
    expect(further.stderr).toContain(
      `expected: a user that has these privileges with GRANT OPTION ${server.product}: GRANT REPLICATION SLAVE,`,
    )
    expect(await shop.setup('--apply')).toMatchObject({ code: 0 })
  })

  it('the same server by another name is known by a lock that both sessions see, and another one by its id', async () => {
    await using shop = await openMysqlShop(server)
    expect(await shop.setup('--apply')).toMatchObject({ code: 0 })
    await server.query('', `DROP TABLE ${shop.heartbeat}.streamkap_heartbeat`)
    await using name = await startTcpProxy(server)
    const at = (url: string, { host, port }: { host: string; port: number }) => {
      const other = new URL(url)
      other.host = `${host}:${port}`
      return other.href
    }
    const admin = shop.url('root', server.password)
    const same = await shop.offbeat(at(admin, name), 'setup', 'shop', '--apply', '--yes')
    expect(same, same.stderr).toMatchObject({ code: 0, stderr: '' })
    await using other = await startMysql({ version })
    const refused = await shop.offbeat(at(shop.url('root', other.password), other), 'setup', 'shop', '--apply')
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('ADMIN_ELSEWHERE') })
    expect(refused.stderr).toMatch(product === 'mysql' ? /has the server_uuid [0-9a-f-]+/u : /has the server_id \d+/u)
    expect(await other.query('', `SHOW DATABASES LIKE '${shop.heartbeat}'`)).toEqual([])
  })
})
