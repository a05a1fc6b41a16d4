import { expect, test } from 'vitest'
import { runOffbeat } from '../support/offbeat.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { runningOffbeat } from '../support/running-offbeat.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

interface Tables {
  readonly unmatched: readonly {
    readonly entry: string
    readonly meant: string | null
    readonly fix: readonly unknown[]
  }[]
  readonly notPublished: readonly string[]
  readonly notPublishedCount: number
}

async function tablesOf(shop: Shop): Promise<Tables | null> {
  const { stdout } = await runOffbeat(['status', '--json'], { cwd: shop.folder.path })
  const { sources } = JSON.parse(stdout) as { sources: readonly { readonly tables: Tables | null }[] }
  return sources[0]?.tables ?? null
}

const GAPS = {
  unmatched: [
    { entry: 'public.odrers', meant: 'public.orders', fix: [] },
    { entry: 'nowhere.*', meant: null, fix: [] },
  ],
  notPublished: ['public.customers'],
  notPublishedCount: 1,
}

test('status names misspelt and unpublished tables, stopped and running, until they are right', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await shop.sql('CREATE TABLE customers (id int PRIMARY KEY); DROP PUBLICATION streamkap_pub')
  await shop.sql('CREATE PUBLICATION streamkap_pub FOR TABLE orders, streamkap.streamkap_heartbeat')
  shop.configure({ tables: ['public.odrers', 'public.orders', 'public.customers', 'nowhere.*'] })
  expect(await tablesOf(shop)).toEqual(GAPS)
  await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
  await running.output(/slot .*was created/u)
  await waitFor({ until: 'the connector reports them' }, async () => {
    const { stdout } = await runOffbeat(['status', '--json'], { cwd: shop.folder.path })
    const [source] = JSON.parse(stdout).sources
    return source.connector.running && source.connector.reportedAt !== null && source.tables !== null
  })
  expect(await tablesOf(shop)).toEqual(GAPS)
  const { stdout } = await runOffbeat(['status'], { cwd: shop.folder.path })
  expect(stdout).toContain('  tables     public.odrers matches no table; did you mean public.orders?\n')
  expect(stdout).toContain('             nowhere.* matches no table\n')
  expect(stdout).toContain('             not published: public.customers; to publish: offbeat doctor shop\n')
  await shop.sql(
    'ALTER PUBLICATION streamkap_pub ADD TABLE customers; CREATE SCHEMA nowhere; CREATE TABLE nowhere.now ()',
  )
  await waitFor({ until: 'they are right' }, async () => (await tablesOf(shop))?.unmatched.length === 1)
  expect(await tablesOf(shop)).toMatchObject({ unmatched: [{ entry: 'public.odrers' }], notPublished: ['nowhere.now'] })
  running.stop()
  await running.ended
})
