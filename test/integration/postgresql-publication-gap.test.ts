import { describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { EVERY_VERSION } from '../support/postgresql-versions.ts'
import { recordingContext } from '../support/recording-context.ts'
import { openShop, type Shop } from '../support/shop.ts'

async function offbeat(shop: Shop, ...args: readonly string[]) {
  const context = recordingContext({ workingDirectory: shop.folder.path, environment: {} })
  const code = await runProgram(commandList, args, context, '9.9.9')
  return { code, stdout: context.stdout.text, stderr: context.stderr.text }
}

const run = (shop: Shop) => offbeat(shop, 'run', '--until', 'head', '--quiet')
const skip = (shop: Shop) => offbeat(shop, 'offsets', 'skip', 'shop', '--unreadable', '--yes')

async function delivered(shop: Shop): Promise<readonly number[]> {
  const { stdout } = await offbeat(shop, 'tail', 'shop', '--from', 'beginning', '--idle-exit', '500ms', '--json')
  return stdout
    .trim()
    .split('\n')
    .flatMap((line) => {
      const { topic, key } = JSON.parse(line)
      return topic === 'shop.public.orders' ? [Number(key.id)] : []
    })
}

const CREATE = 'CREATE PUBLICATION streamkap_pub FOR ALL TABLES'
/** Rows 2 are written while there is no publication. */
const GAPS: readonly { readonly how: string; readonly statements: readonly string[] }[] = [
  {
    how: 'dropped, and created after a row',
    statements: ['DROP PUBLICATION streamkap_pub', 'INSERT INTO orders VALUES (2)', CREATE],
  },
  {
    how: 'replaced in one transaction with a row',
    statements: [`BEGIN; DROP PUBLICATION streamkap_pub; INSERT INTO orders VALUES (2); ${CREATE}; COMMIT`],
  },
  {
    how: 'renamed and back, with several transactions between',
    statements: [
      'ALTER PUBLICATION streamkap_pub RENAME TO other_pub',
      'INSERT INTO orders VALUES (2)',
      'UPDATE orders SET big = 1 WHERE id = 2',
      'CREATE TABLE aside (id int PRIMARY KEY)',
      'DELETE FROM orders WHERE id = 2',
      'ALTER PUBLICATION other_pub RENAME TO streamkap_pub',
    ],
  },
]

describe.each(EVERY_VERSION.filter((version) => version < 18))('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('a publication', () => {
    test.each(GAPS)(
      '$how: the run names it, and what is printed passes it and nothing else',
      async ({ statements }) => {
        await using shop = await openShop(await sharedPostgresql(version))
        expect((await run(shop)).code).toBe(0)
        await shop.sql('INSERT INTO orders VALUES (1)')
        for (const statement of statements) await shop.sql(statement)
        await shop.sql('INSERT INTO orders VALUES (3)')
        const stopped = await run(shop)
        expect(stopped).toMatchObject({ code: 2, stderr: expect.stringContaining('POSTGRES_PUBLICATION_GAP') })
        expect(stopped.stderr).toContain('offbeat offsets skip shop --unreadable')
        expect(await delivered(shop)).toEqual([1])
        const skipped = await skip(shop)
        expect(skipped, skipped.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('NEVER delivered') })
        expect((await run(shop)).code).toBe(0)
        expect(await delivered(shop)).toEqual([1, 3])
        expect((await offbeat(shop, 'offsets', 'show', 'shop', '--all')).stdout).toContain('offsets skip --unreadable')
      },
    )

    test('that was missing twice is passed once at a time: what was written between is delivered', async () => {
      await using shop = await openShop(await sharedPostgresql(version))
      expect((await run(shop)).code).toBe(0)
      for (const id of [2, 4]) {
        await shop.sql('DROP PUBLICATION streamkap_pub')
        await shop.sql(`INSERT INTO orders VALUES (${id})`)
        await shop.sql(CREATE)
        await shop.sql(`INSERT INTO orders VALUES (${id + 1})`)
      }
      for (const ids of [[], [3]]) {
        expect(await run(shop)).toMatchObject({ code: 2, stderr: expect.stringContaining('POSTGRES_PUBLICATION_GAP') })
        expect(await delivered(shop)).toEqual(ids)
        expect((await skip(shop)).code).toBe(0)
      }
      expect((await run(shop)).code).toBe(0)
      expect(await delivered(shop)).toEqual([3, 5])
    })

    test('that is still missing is asked for first; where all can be read nothing is skipped', async () => {
      await using shop = await openShop(await sharedPostgresql(version))
      expect((await run(shop)).code).toBe(0)
      expect(await skip(shop)).toMatchObject({ code: 2, stderr: expect.stringContaining('SKIP_REFUSED') })
      await shop.sql('DROP PUBLICATION streamkap_pub')
      await shop.sql('INSERT INTO orders VALUES (2)')
      expect(await run(shop)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('POSTGRES_PUBLICATION_MISSING'),
      })
      expect((await skip(shop)).code).not.toBe(0)
      await shop.sql(CREATE)
      expect(await run(shop)).toMatchObject({ code: 2, stderr: expect.stringContaining('POSTGRES_PUBLICATION_GAP') })
      const skipped = await skip(shop)
      expect(skipped, skipped.stderr).toMatchObject({ code: 0 })
      await shop.sql('INSERT INTO orders VALUES (3)')
      expect((await run(shop)).code).toBe(0)
      expect(await delivered(shop)).toEqual([3])
    })
  })
})

describe.each(EVERY_VERSION.filter((version) => version > 14))('PostgreSQL %d', (version) => {
  test.skipIf(postgresqlMissing(version) !== null)(
    'rows on which a row filter fails are passed one after the other, and what can be sent is delivered',
    async () => {
      await using shop = await openShop(await sharedPostgresql(version))
      await shop.sql(`DROP PUBLICATION streamkap_pub;
        CREATE PUBLICATION streamkap_pub FOR TABLE orders WHERE (1 / id > -5) WITH (publish = 'insert')`)
      expect((await run(shop)).code).toBe(0)
      for (const id of [1, 0, 2, 3]) {
        await shop.sql(`INSERT INTO orders VALUES (${id})`)
        if (id === 0) await shop.sql('DELETE FROM orders WHERE id = 0; INSERT INTO orders VALUES (0)')
      }
      const stopped = await run(shop)
      expect(stopped).toMatchObject({ code: 2, stderr: expect.stringContaining('POSTGRES_FILTER_FAILED') })
      const skipped = await skip(shop)
      expect(skipped, skipped.stderr).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/past 2\s+transactions/u),
      })
      expect((await run(shop)).code).toBe(0)
      expect(await delivered(shop)).toEqual([1, 2, 3])
    },
  )
})
