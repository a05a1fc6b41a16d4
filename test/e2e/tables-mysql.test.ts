import { describe, expect, test } from 'vitest'
import { mysqlMissing, sharedMysql } from '../support/mysql.ts'
import { openPreparedShop, type PreparedMysqlShop } from '../support/mysql-prepared-shop.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

/** The values of all changes: the operation, the table, and the row after it. */
async function changes(shop: PreparedMysqlShop): Promise<readonly (readonly [string, unknown, unknown])[]> {
  const words = ['--since', '1h', '--no-heartbeats', '--idle-exit', '0ms', '--json']
  const { code, stdout, stderr } = await shop.offbeat('tail', 'shop', ...words)
  expect(code, stderr).toBe(0)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const { value } = JSON.parse(line)
    return [value.op, value.source.table, value.after]
  })
}

async function unmatched(shop: PreparedMysqlShop): Promise<unknown> {
  const { stdout } = await shop.offbeat('status', '--json')
  return JSON.parse(stdout).sources[0].tables?.unmatched
}

for (const version of BOTH_PRODUCTS) {
  describe.skipIf(mysqlMissing(version) !== null)(`tables that change, ${version}`, () => {
    test('while it runs: created, altered, truncated, renamed and dropped; each row comes as it was written', async () => {
      await using shop = await openPreparedShop(await sharedMysql(version))
      shop.configure({ tables: [`${shop.name}.*`], exclude: ['unwatched'], truncates: true })
      await shop.runToHead()
      await using running = shop.start('run')
      await shop.query(`
        INSERT INTO item VALUES (1, 'a');
        CREATE TABLE extra (id int PRIMARY KEY);
        INSERT INTO extra VALUES (2);
        ALTER TABLE item ADD COLUMN price decimal(8,2) FIRST, DROP COLUMN note;
        INSERT INTO item VALUES (9.50, 3);
        ALTER TABLE item RENAME COLUMN price TO cost;
        INSERT INTO item VALUES (1, 4);
        INSERT INTO unwatched VALUES (1);
        TRUNCATE TABLE item;
        RENAME TABLE extra TO renamed;
        INSERT INTO renamed VALUES (5);
        DROP TABLE renamed`)
      await waitFor({ until: 'all changes' }, async () => (await changes(shop)).length >= 6)
      expect(await changes(shop)).toEqual([
        ['c', 'item', { id: 1, note: 'a' }],
        ['c', 'extra', { id: 2 }],
        ['c', 'item', { price: '9.50', id: 3 }],
        ['c', 'item', { cost: '1.00', id: 4 }],
        ['t', 'item', null],
        ['c', 'renamed', { id: 5 }],
      ])
      running.stop()
      expect(await running.ended).toMatchObject({ code: 0 })
    })

    test('status names the entries that match no table, stopped and running, until they do', async () => {
      await using shop = await openPreparedShop(await sharedMysql(version))
      shop.configure({ tables: [`${shop.name}.itme`, `${shop.name}.item`, `${shop.name}.later`] })
      const misspelt = { entry: `${shop.name}.itme`, meant: `${shop.name}.item`, fix: [] }
      const both = [misspelt, expect.objectContaining({ entry: `${shop.name}.later` })]
      expect(await unmatched(shop)).toEqual(both)
      await shop.runToHead()
      await using running = shop.start('run')
      await waitFor({ until: 'the connector reports them' }, async () => {
        const { stdout } = await shop.offbeat('status', '--json')
        const [source] = JSON.parse(stdout).sources
        return source.connector.running && source.tables !== null
      })
      expect(await unmatched(shop)).toEqual(both)
      await shop.query('CREATE TABLE later (id int PRIMARY KEY)')
      const left = await waitFor({ until: 'one of them is there' }, async () => {
        const now = await unmatched(shop)
        return Array.isArray(now) && now.length === 1 ? now : null
      })
      expect(left).toEqual([misspelt])
      running.stop()
      expect(await running.ended).toMatchObject({ code: 0 })
    })

    test('a table that the user cannot see is not reported as one that does not exist, and the least grant is printed', async () => {
      await using shop = await openPreparedShop(await sharedMysql(version))
      const hidden = `hidden_${shop.name}`
      await using _ = { [Symbol.asyncDispose]: async () => void (await shop.query(`DROP DATABASE ${hidden}`)) }
      await shop.query(`CREATE DATABASE ${hidden}; CREATE TABLE ${hidden}.orders (id int PRIMARY KEY)`)
      const grants = async (tables: readonly string[], exclude: readonly string[] = []) => {
        shop.configure({ tables, exclude })
        const printed = (await shop.offbeat('status', 'shop')).stdout
        const { stdout } = await shop.offbeat('doctor', 'shop', '--json')
        const check = JSON.parse(stdout).sources[0].checks.find(({ id }: { id: string }) =>
          id.endsWith('.table-patterns'),
        )
        const entries: readonly { fix: readonly { text: string }[] }[] = JSON.parse(
          JSON.stringify(await unmatched(shop)),
        )
        const shown = entries.flatMap(({ fix }) => fix.map(({ text }) => text))
        for (const text of shown) expect(printed).toContain(text)
        return { status: shown, doctor: check.fix.map(({ text }: { text: string }) => text), is: check.status }
      }
      const exact = `GRANT SELECT ON ${hidden}.orders TO '${shop.user}'@'%'`
      expect(await grants([`${shop.name}.item`, `${hidden}.orders`])).toEqual({
        status: [exact],
        doctor: [exact],
        is: 'skip',
      })
      const all = `GRANT SELECT ON \`${hidden.replaceAll('_', '\\_')}\`.* TO '${shop.user}'@'%'`
      expect(await grants([`${hidden}.*`])).toEqual({ status: [all], doctor: [all], is: 'skip' })
      const setup = 'offbeat setup shop --apply'
      for (const [tables, exclude] of [
        [['*.orders'], []],
        [[`${hidden}.ord*`], []],
        [[`${hidden}.*`], ['secret']],
      ] as const)
        expect(await grants(tables, exclude)).toEqual({ status: [setup], doctor: [setup], is: 'skip' })
      // What is left out and not visible is as it should be.
      expect(await grants([`${shop.name}.item`], [`${hidden}.orders`])).toEqual({ status: [], doctor: [], is: 'ok' })
      await shop.query(exact)
      expect(await grants([`${shop.name}.item`, `${hidden}.orders`])).toEqual({ status: [], doctor: [], is: 'ok' })
    })

    test('two tables with one topic are refused before anything is read', async () => {
      await using shop = await openPreparedShop(await sharedMysql(version))
      await shop.query('CREATE TABLE `a b` (id int PRIMARY KEY); CREATE TABLE a_u20b (id int PRIMARY KEY)')
      shop.configure({ tables: [`${shop.name}.*`] })
      const { code, stderr } = await shop.offbeat('run', '--until', 'head', '--quiet')
      expect(code, stderr).toBe(2)
      expect(stderr).toContain('TOPIC_CLASH')
      expect(stderr).toContain('a_u20b')
    })

    test("the server's own tables are never delivered, also if all tables are watched", async () => {
      await using shop = await openPreparedShop(await sharedMysql(version))
      shop.configure({ tables: [], exclude: ['t_*.*', 'shop_*.*'] })
      await shop.runToHead()
      const other = `other_${shop.name}`
      await shop.query('CREATE TABLE mysql.offbeat_own (id int PRIMARY KEY); INSERT INTO mysql.offbeat_own VALUES (1)')
      await shop.query(`CREATE DATABASE ${other}; CREATE TABLE ${other}.after_it (id int PRIMARY KEY)`)
      await shop.query(`INSERT INTO ${other}.after_it VALUES (2)`)
      try {
        await shop.runToHead()
        const delivered = (await changes(shop)).map(([, table]) => table)
        expect(delivered).toContain('after_it')
        expect(delivered).not.toContain('offbeat_own')
      } finally {
        await shop.query(`DROP TABLE mysql.offbeat_own; DROP DATABASE ${other}`)
      }
    })
  })
}
