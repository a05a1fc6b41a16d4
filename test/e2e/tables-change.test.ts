import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { deliveredKeys } from '../support/delivered-keys.ts'
import { proven } from '../support/fault.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { NEW_VERSIONS } from '../support/postgresql-versions.ts'
import { runningOffbeat } from '../support/running-offbeat.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

const BEAT = 'streamkap.streamkap_heartbeat'

function extraKeys(shop: Shop): readonly string[] {
  using db = new DatabaseSync(shop.folder.file('offbeat.db'), { readOnly: true, timeout: 60_000 })
  const rows = db.prepare("SELECT key FROM message WHERE topic = 'shop.public.extra' ORDER BY seq").all()
  return rows.map(({ key }) => String(key))
}

describe.skipIf(postgresqlMissing(18) !== null).each(NEW_VERSIONS)(
  'the publication changes, PostgreSQL %d',
  (version) => {
    test('while we read: a table made, added, narrowed, taken out; each is said, and what was before comes', async () => {
      await using shop = await openShop(await sharedPostgresql(version))
      await shop.sql(`DROP PUBLICATION streamkap_pub; CREATE PUBLICATION streamkap_pub FOR TABLE orders, ${BEAT}`)
      shop.configure({ tables: ['public.*'] })
      await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
      await running.output(/slot .*was created/u)
      await running.output(/back|pulse/u)
      await waitFor({ until: 'two inspections' }, async () => {
        using db = new DatabaseSync(shop.folder.file('offbeat.db'), { readOnly: true, timeout: 60_000 })
        return Number(db.prepare('SELECT count(*) AS n FROM sample').get()?.['n'] ?? 0) > 3
      })
      await shop.sql('CREATE TABLE extra (id int PRIMARY KEY)')
      const made = await running.output(/.*POSTGRES_TABLE_NOT_PUBLISHED.*/u)
      expect(made[0]).toContain('ALTER PUBLICATION streamkap_pub ADD TABLE public.extra')
      await shop.sql('INSERT INTO extra VALUES (1); ALTER PUBLICATION streamkap_pub ADD TABLE extra')
      await shop.sql('INSERT INTO extra VALUES (2)')
      await running.output(/POSTGRES_TABLE_PUBLISHED.*public\.extra/u)
      await waitFor({ until: 'the row of the new table' }, () => extraKeys(shop).length > 0)
      expect(extraKeys(shop)).toEqual(['{"id":2}'])
      if (version >= 15) {
        await shop.sql(`INSERT INTO orders VALUES (101, 'a', 1)`)
        await shop.sql(`ALTER PUBLICATION streamkap_pub SET TABLE orders (id, what) WHERE (id < 100), extra, ${BEAT}`)
        await running.output(/POSTGRES_TABLE_NARROWED.*row filter/u)
        await shop.sql("INSERT INTO orders VALUES (102, 'hidden', 1), (1, 'seen', 1)")
        await waitFor({ until: 'the row that passes' }, () => deliveredKeys(shop).length === 2)
        expect(deliveredKeys(shop)).toEqual(['{"id":101}', '{"id":1}'])
      }
      await shop.sql("INSERT INTO orders VALUES (2, 'before', 1); ALTER PUBLICATION streamkap_pub DROP TABLE orders")
      await shop.sql("INSERT INTO orders VALUES (3, 'after', 1)")
      await running.output(/POSTGRES_TABLE_NOT_PUBLISHED.*public\.orders.*removed from/u)
      await waitFor({ until: 'the row before' }, () => deliveredKeys(shop).includes('{"id":2}'))
      running.stop()
      expect((await running.ended).code).toBe(0)
      expect(deliveredKeys(shop)).not.toContain('{"id":3}')

      await shop.sql(
        'CREATE TABLE "a b" (id int); CREATE TABLE a_u20b (id int); ALTER PUBLICATION streamkap_pub ADD TABLE "a b", a_u20b',
      )
      const clash = await runOffbeat(['run', '--until', 'head', '--quiet'], { cwd: shop.folder.path })
      expect(clash.code, clash.stderr).toBe(2)
      expect(clash.stderr).toContain('TOPIC_CLASH')
      expect(clash.stderr).toContain('a_u20b')
    })

    test('promise 9: a publication that is dropped while we read stops the connector within one inspection', async (context) => {
      await using shop = await openShop(await sharedPostgresql(version))
      await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
      await running.output(/slot .*was created/u)
      await shop.sql("INSERT INTO orders VALUES (1, 'before', 1)")
      await waitFor({ until: 'the row is there' }, () => deliveredKeys(shop).length === 1)
      await shop.sql('DROP PUBLICATION streamkap_pub')
      const { code, stderr } = await running.ended
      expect(code, stderr).toBe(2)
      expect(stderr).toContain('POSTGRES_PUBLICATION_MISSING')
      expect(stderr).toContain('CREATE PUBLICATION streamkap_pub FOR')
      proven(context, {
        fault: 'the publication dropped while Offbeat reads (18)',
        verdict: null,
        result: 'the connector stops at the next inspection, with the statement that creates it again',
      })
    })
  },
)
