import { describe, expect, test } from 'vitest'
import { type AuditedShop, openAuditedShop } from '../support/audited-shop.ts'
import { startOffbeat } from '../support/child.ts'
import { expectLost } from '../support/expect-lost.ts'
import { proven } from '../support/fault.ts'
import { type PostgresServer, postgresqlMissing, sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

const TIGHT = { max_slot_wal_keep_size: '1MB', min_wal_size: '32MB', max_wal_size: '32MB' }

/** Writes log until the server gives the slot up. */
async function untilInvalidated(audited: AuditedShop): Promise<void> {
  await audited.shop.sql('CREATE TABLE filler (id int)')
  await waitFor({ until: 'the slot is invalidated' }, async () => {
    await audited.shop.sql('INSERT INTO filler VALUES (1); SELECT pg_switch_wal()')
    await audited.shop.sql('CHECKPOINT')
    const [slot] = await audited.shop.sql(
      `SELECT wal_status, active FROM pg_replication_slots WHERE slot_name = '${audited.shop.slot}'`,
    )
    return slot?.['wal_status'] === 'lost' && slot['active'] === false
  })
}

describe.skipIf(postgresqlMissing(14) !== null).each(OLD_AND_NEW)('a lost position, PostgreSQL %d', (version) => {
  test('promise 9: a slot invalidated while we are stopped for a while ends the connector with 3, evidence and choices', async (context) => {
    await using server = await startPostgresql({ version, settings: TIGHT })
    await using audited = await openAuditedShop(server)
    await using running = startOffbeat(['run'], { cwd: audited.shop.folder.path })
    await running.output(/slot .*was created/u)
    await audited.shop.sql("INSERT INTO entry (pad) VALUES ('a')")
    await waitFor({ until: 'the row is there' }, () => audited.delivered().length === 1)
    running.kill('SIGSTOP')
    await untilInvalidated(audited)
    running.kill('SIGCONT')
    const { code, stderr } = await running.ended
    expect(code, stderr).toBe(3)
    expect(stderr).toContain('POSTGRES_SLOT_INVALIDATED')
    expect(stderr).toMatch(/pg_drop_replication_slot/u)
    expect(stderr).toMatch(/"verdict":"lost"/u)
    await expectLost(audited.shop, 'POSTGRES_SLOT_INVALIDATED', /behind by more than max_slot_wal_keep_size/u)
    expect(audited.delivered()).toHaveLength(1)
    proven(context, {
      fault: 'the server invalidates the slot while Offbeat is stopped',
      verdict: 'lost',
      result: 'the connector ends with 3, the evidence and the choices; nothing is skipped',
    })
  })

  test('promise 9: a slot dropped while we run, and promise 4: another server with a slot of the same name', async (context) => {
    await using audited = await openAuditedShop(await sharedPostgresql(version))
    await using running = startOffbeat(['run'], { cwd: audited.shop.folder.path })
    await running.output(/slot .*was created/u)
    await waitFor({ until: 'it streams' }, async () => (await slotOf(audited, audited.shop.server))?.['active'])
    await dropFromUnder(audited)
    const { code, stderr } = await running.ended
    expect(code, stderr).toBe(3)
    expect(stderr).toContain('POSTGRES_SLOT_MISSING')
    await expectLost(audited.shop, 'POSTGRES_SLOT_MISSING', /no such row in pg_replication_slots/u)
    await using other = await openAuditedShop(await sharedPostgresql(version === 18 ? 14 : 18))
    await other.shop.sql(`SELECT pg_create_logical_replication_slot('${audited.shop.slot}', 'pgoutput')`)
    audited.shop.configure({ url: other.shop.url })
    await expectLost(audited.shop, 'DATABASE_OTHER_SERVER', /system identifier \d+/u)
    const untouched = await slotOf(audited, other.shop.server)
    expect(untouched?.['active']).toBe(false)
    proven(context, {
      fault: 'the slot is dropped, or the server replaced by another with a slot of the same name',
      verdict: 'lost',
      result: 'the connector ends with 3; the other slot is not touched',
    })
  })
})

async function slotOf(audited: AuditedShop, server: PostgresServer): Promise<Record<string, unknown> | undefined> {
  const [slot] = await server.query(
    'postgres',
    `SELECT active, active_pid FROM pg_replication_slots WHERE slot_name = '${audited.shop.slot}'`,
  )
  return slot
}

/** Between the end of its reader and the next try there is a moment. */
async function dropFromUnder({ shop }: AuditedShop): Promise<void> {
  await waitFor({ until: 'the slot is gone' }, async () => {
    await shop.sql(`SELECT pg_terminate_backend(active_pid, 60000) FROM pg_replication_slots
      WHERE slot_name = '${shop.slot}' AND active`)
    const drop = shop.sql(`SELECT pg_drop_replication_slot('${shop.slot}')`)
    return await drop.then(
      () => true,
      () => false,
    )
  })
}
