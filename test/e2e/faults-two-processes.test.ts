import { describe, expect, test } from 'vitest'
import { postgresqlFaultStage } from '../conformance/faults/postgresql-stage.ts'
import { storeOwnerFaults } from '../conformance/faults/store-owner.ts'
import { type AuditedShop, openAuditedShop } from '../support/audited-shop.ts'
import { type Child, startOffbeat } from '../support/child.ts'
import { proven } from '../support/fault.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

function start(audited: AuditedShop): Child {
  return startOffbeat(['run'], { cwd: audited.shop.folder.path })
}

/** Without beats a slot moves only when its reader is given rows. */
function useStore(audited: AuditedShop, path: string): void {
  audited.shop.configure({ heartbeat: { connector: false, source: false } }, { kind: 'sqlite', path })
}

async function insert(audited: AuditedShop, pad: string): Promise<void> {
  await audited.shop.sql(`INSERT INTO entry (pad) VALUES ('${pad}')`)
}

/** What the doctor says of the client that reads the slot. */
async function readerOf(cwd: string): Promise<unknown> {
  const { stdout, stderr } = await runOffbeat(['doctor', 'shop', '--json'], { cwd })
  const { sources } = JSON.parse(stdout || stderr)
  return sources[0].checks.find(({ id }: { readonly id: string }) => id === 'postgresql.slot-holder')
}

/** Inserts, waits until the slot's reader has confirmed it to the server, and gives the server's process for that reader. */
async function insertAndAcknowledge(audited: AuditedShop, pad: string): Promise<string> {
  const [before] = await audited.shop.sql('SELECT pg_current_wal_lsn()::text AS lsn')
  await insert(audited, pad)
  const slot = `SELECT active_pid::text AS pid FROM pg_replication_slots
    WHERE slot_name = '${audited.shop.slot}' AND active AND confirmed_flush_lsn > '${String(before?.['lsn'])}'`
  const row = await waitFor({ until: 'the server has the confirmation' }, async () => (await audited.shop.sql(slot))[0])
  return String(row['pid'])
}

describe.skipIf(postgresqlMissing(14) !== null).each(OLD_AND_NEW)('two processes, PostgreSQL %d', (version) => {
  test('promise 4: on one slot, the second is refused with the name of the holder; a connector that is then behind the slot never starts from it', async (context) => {
    await using audited = await openAuditedShop(await sharedPostgresql(version))
    const cwd = audited.shop.folder.path
    useStore(audited, 'offbeat.db')
    await using first = start(audited)
    await first.output(/slot .*was created/u)
    const holder = await insertAndAcknowledge(audited, 'by the first')
    useStore(audited, 'second.db')
    const set = ['offsets', 'set', 'shop', '--from-slot', '--yes']
    const unseen = await runOffbeat(set, { cwd })
    expect(unseen).toMatchObject({ code: 2, stdout: '' })
    expect(unseen.stderr).toContain('CONFIRMATION_NEEDED')
    expect(unseen.stderr).toContain(`process ${holder} (application offbeat shop, user ${audited.shop.server.user})`)
    expect(unseen.stderr).toContain('--despite-reader')
    expect(await readerOf(cwd)).toMatchObject({ status: 'fail', code: 'POSTGRES_SLOT_IN_USE' })
    const taken = await runOffbeat([...set, '--despite-reader'], { cwd })
    expect(taken.code, taken.stderr).toBe(0)
    await using second = start(audited)
    const [refusal = ''] = await second.output(/.*"code":"POSTGRES_SLOT_IN_USE".*/u)
    expect(refusal).toContain(`process ${holder} (application offbeat shop, user ${audited.shop.server.user})`)
    expect(await readerOf(cwd), 'the second store is not read by its own process').toMatchObject({ status: 'fail' })
    useStore(audited, 'offbeat.db')
    expect(await readerOf(cwd), 'the first store is').toMatchObject({ status: 'ok' })
    useStore(audited, 'second.db')
    // A clean stop would acknowledge what it has read besides, and leave the second behind the slot.
    first.kill('SIGKILL')
    await first.ended
    await insertAndAcknowledge(audited, 'by the second')
    second.kill('SIGTERM')
    expect(await second.ended).toMatchObject({ code: 0 })
    useStore(audited, 'offbeat.db')
    const behind = await runOffbeat(['run', '--quiet'], { cwd })
    expect(behind.code).toBe(3)
    expect(behind.stderr).toContain('POSTGRES_SLOT_AHEAD')
    expect(audited.delivered()).toHaveLength(1)
    proven(context, {
      fault: 'two processes on one slot',
      verdict: null,
      result: 'the second one names the reader of the slot; a store behind the slot never starts from it',
    })
  })
})

for (const version of OLD_AND_NEW) storeOwnerFaults(postgresqlFaultStage(version))
