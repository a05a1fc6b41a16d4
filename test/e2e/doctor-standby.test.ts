import { describe, expect, test } from 'vitest'
import { insertOrder } from '../support/order.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { startStandby } from '../support/postgresql-standby.ts'
import { choose, doctorOn, follow, runUntilItDelivers } from '../support/printed-step.ts'
import { runningOffbeat } from '../support/running-offbeat.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

/** What is printed is for the server that answers. */
function on(server: PostgresServer, shop: Shop): Shop {
  const sql = (text: string) => server.query(shop.database, text)
  return { ...shop, server, sql, insertOrder: () => insertOrder(sql) }
}

describe.skipIf(postgresqlMissing(18) !== null)('a standby that answers alone', () => {
  test('POSTGRES_ONLY_STANDBY: fixed by the primary that is back, and by the promotion that is printed', async () => {
    await using primary = await startPostgresql()
    await using shop = await openShop(primary)
    await using standby = await startStandby(primary, { sync_replication_slots: 'on' })
    const { user, password } = primary
    const hosts = [primary, standby].map(({ host, port }) => `${host}:${port}`)
    shop.configure({ url: undefined, hosts, database: shop.database, user, password, failover: true })
    await keepSlotOnStandby(shop, standby)
    await standby.catchUp()
    const check = () => doctorOn(shop, 'postgresql.place')
    await primary.stop('fast')
    expect(await check()).toMatchObject({ status: 'fail', code: 'POSTGRES_ONLY_STANDBY' })
    await primary.start()
    expect(await check()).toMatchObject({ status: 'ok' })
    await primary.kill()
    const alone = await check()
    expect(alone).toMatchObject({ status: 'fail', code: 'POSTGRES_ONLY_STANDBY' })
    const there = on(standby, shop)
    for (const step of choose(alone.fix, /promote the standby/)) await follow(there, step)
    expect(await check()).toMatchObject({ status: 'ok', code: null })
    await runUntilItDelivers(there)
    await primary.start()
  })
})

/** The slot is made and read until the standby has its copy, which the server makes of a slot that moves alone. */
async function keepSlotOnStandby(shop: Shop, standby: PostgresServer): Promise<void> {
  await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
  const copied = `SELECT FROM pg_replication_slots WHERE slot_name = '${shop.slot}' AND synced AND NOT temporary`
  await waitFor({ until: 'the standby has a copy of the slot', everyMs: 100 }, async () => {
    await shop.sql('SELECT pg_log_standby_snapshot()')
    return (await standby.query('postgres', copied)).length > 0
  })
  running.stop()
  expect((await running.ended).code).toBe(0)
}
