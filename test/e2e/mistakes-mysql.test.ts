import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../src/local-server/free-port.ts'
import { quoteAccount } from '../../src/sources/mysql/connect/quoting.ts'
import { mysqlMissing, sharedMysql, startMysql } from '../support/mysql.ts'
import { openPreparedShop, type PreparedMysqlShop } from '../support/mysql-prepared-shop.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

/** A run as a user would start it after a mistake. The text is what is on the terminal at the end. */
async function mistaken(
  shop: PreparedMysqlShop,
  args: readonly string[] = ['run', '--until', 'head', '--quiet'],
): Promise<{ readonly code: number; readonly text: string }> {
  const { code, stdout, stderr } = await shop.offbeat(...args)
  expect(stdout).toBe('')
  const lines = stderr.split('\n').filter((line) => !line.startsWith('{'))
  return { code, text: lines.join(' ').replaceAll(/\s+/gu, ' ') }
}

for (const version of BOTH_PRODUCTS) {
  describe.skipIf(mysqlMissing(version) !== null)(version, () => {
    const { product } = mysqlServerKind(version)
    const open = async () => await openPreparedShop(await sharedMysql(version))
    const urlOf = ({ server, user }: PreparedMysqlShop, password: string) =>
      `mysql://${user}:${password}@${server.host}:${server.port}`

    test('a wrong password, another product, a database in the URL, a misspelt key', async () => {
      await using shop = await open()
      const other = product === 'mysql' ? 'mariadb' : 'mysql'
      shop.configure({ url: String(shop.entry['url']).replace(/:[^:@]*@/u, ':hunter2@') })
      const password = await mistaken(shop)
      expect(password.code).toBe(2)
      expect(password.text).toContain(`refused the password of the user ${shop.user}`)
      expect(password.text).toContain(`Access denied for user '${shop.user}'@'127.0.0.1' (using password: YES)`)
      expect(password.text).not.toContain('hunter2')
      shop.configure({ kind: other, url: urlOf(shop, shop.password) })
      const kind = await mistaken(shop)
      expect(kind.code).toBe(2)
      expect(kind.text).toContain(`in the configuration: kind: ${product}`)
      shop.configure({ url: `${String(shop.entry['url'])}/shop` })
      expect((await mistaken(shop)).text).toContain('name the database in tables instead, as in ["shop.*"]')
      shop.configure({ serverid: 7 })
      expect((await mistaken(shop)).text).toContain('serverid is not a known key; did you mean serverId?')
    })

    test('each missing privilege is named by the statement that grants it', async () => {
      await using shop = await open()
      await shop.runToHead()
      const account = quoteAccount(shop.user)
      const monitor = product === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR'
      for (const privilege of ['REPLICATION SLAVE', monitor]) {
        await shop.query(`REVOKE ${privilege} ON *.* FROM ${account}`)
        const refused = await mistaken(shop)
        expect(refused.code, refused.text).toBe(2)
        const grant = `GRANT ${privilege} ON *.* TO ${account}`
        expect(refused.text).toContain(`${product}: ${grant};`)
        await shop.query(grant)
      }
      const all = `SELECT, INSERT, UPDATE, DELETE ON ${shop.heartbeatTable}`
      await shop.query(`REVOKE ${all} FROM ${account}`)
      const beat = await mistaken(shop, ['beat', 'shop'])
      expect(beat.code).toBe(2)
      expect(beat.text).toContain(`GRANT ${all} TO ${account}`)
      // Without layer 2's privilege the stream goes on.
      expect((await mistaken(shop)).code).toBe(0)
    })

    test('an account that requires TLS, a wrong port, a server that is killed while it is read', async () => {
      await using server = await startMysql({ version })
      await using shop = await openPreparedShop(server)
      await shop.runToHead()
      const account = quoteAccount(shop.user)
      await shop.query(`ALTER USER ${account} REQUIRE SSL`)
      shop.configure({ tls: { mode: 'disable' } })
      const plain = await mistaken(shop)
      expect(plain.code).toBe(2)
      expect(plain.text).toContain(
        'if the account requires TLS, use it do: in the configuration: tls: { mode: require }',
      )
      await shop.query(`ALTER USER ${account} REQUIRE NONE`)

      shop.configure({ url: String(shop.entry['url']).replace(/:\d+$/u, `:${await freePort()}`) })
      const port = await mistaken(shop)
      expect(port.code).toBe(4)
      expect(port.text).toMatch(/the server 127\.0\.0\.1:\d+ cannot be reached found: connection refused/u)

      shop.configure()
      await using running = shop.start('run')
      await running.output(/"verdict":"\w+","from":null/u)
      await server.kill()
      await running.output(/"code":"DATABASE_UNREACHABLE".*connection refused/u)
      try {
        // The first attempt to reconnect has no line of its own.
        await waitFor({ until: 'status has the reason' }, async () => {
          const { stdout } = await shop.offbeat('status')
          return stdout.replaceAll(/\s+/gu, ' ').includes('because of DATABASE_UNREACHABLE: the server')
        })
      } finally {
        await server.start()
      }
      await running.output(/"verdict":"(?:idle|flowing)","from":"(?:stale|blind)"/u)
      running.stop()
      expect((await running.ended).code).toBe(0)
    })

    test('a misspelt table is reported with the one that was meant', async () => {
      await using shop = await open()
      shop.configure({ tables: [`${shop.name}.itme`] })
      await shop.offbeat('run', '--until', 'head')
      const { stderr } = await shop.offbeat('run', '--until', 'head')
      expect(stderr).toContain('TABLE_PATTERN_UNUSED')
      expect(stderr).toContain(`did you mean ${shop.name}.item?`)
      expect((await shop.offbeat('status')).stdout).toContain(`${shop.name}.itme`)
    })

    test('two readers with one server id: each is told, and how to have another', async () => {
      await using one = await open()
      await one.runToHead()
      await using two = await open()
      two.configure({ ...one.entry })
      await two.runToHead()
      await using first = one.start('run')
      await first.output(/reads .* of/u)
      await using second = two.start('run')
      for (const reader of [first, second]) {
        await reader.output(/"code":"MYSQL_SERVER_ID_IN_USE"/u)
        expect(reader.stderr()).toContain('give this source an id of its own with the key serverId')
      }
    })

    test('a server without a binary log: run says how to turn it on, init before anything is configured', async () => {
      await using shop = await openPreparedShop(
        await startMysql({ version, settings: { skip_log_bin: '', read_only: 'ON' } }),
      )
      const run = await mistaken(shop)
      expect(run.code).toBe(2)
      expect(run.text).toContain('MYSQL_LOG_OFF')
      expect(run.text).toContain('log_bin = binlog')
      const url = `${urlOf(shop, shop.password)}/${shop.name}`
      const tls = product === 'mysql' ? 'REQUIRED' : 'DISABLED'
      const init = await shop.offbeat('init', 'new.yaml', '--url', `${url}?ssl-mode=${tls}`)
      expect(init, init.stderr).toMatchObject({ code: 0 })
      expect(init.stderr.replaceAll(/\s+/gu, ' ')).toContain('The server writes no binary log')
      const text = readFileSync(shop.folder.file('new.yaml'), 'utf8')
      expect(text).toContain(`kind: ${product}\n`)
      expect(text).toContain(`tables: ["${shop.name}.*"]\n`)
      expect(text).toContain('readOnly: true ')
      expect(text).not.toContain(shop.password)
    })
  })
}
