import { describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { startOffbeat } from '../support/child.ts'
import { postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { type StandbyServer, startStandby } from '../support/postgresql-standby.ts'
import { recordingContext } from '../support/recording-context.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

/** In this process. */
async function offbeat(shop: Shop, ...words: readonly string[]) {
  const context = recordingContext({ workingDirectory: shop.folder.path, environment: {} })
  const code = await runProgram(commandList, words, context, '9.9.9')
  return { code, stdout: context.stdout.text, stderr: context.stderr.text.replaceAll(/\s+/gu, ' ') }
}

const heartbeat = (by: 'database' | 'external') => ({ source: { mode: 'job', by } })

describe.skipIf(postgresqlMissing(18) !== null)('a job outside the database', () => {
  test('is `offbeat beat`: it writes the row on the primary, and the standby that is read shows it', async () => {
    await using primary = await startPostgresql()
    await using shop = await openShop(primary)
    await shop.sql("INSERT INTO streamkap.streamkap_heartbeat (text) VALUES ('test_heartbeat')")
    await using standby = await startStandby(primary)
    const reading = { url: standby.url(shop.database), readOnly: true }
    const entry = { ...reading, primary: { url: shop.url } }

    shop.configure({ ...entry, heartbeat: heartbeat('database') })
    expect(await offbeat(shop, 'beat', 'shop')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('heartbeat.source.by: external'),
    })
    shop.configure({ ...reading, heartbeat: heartbeat('external') })
    expect(await offbeat(shop, 'beat', 'shop')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('readOnly: true without primary'),
    })

    shop.configure({ ...entry, heartbeat: heartbeat('external') })
    expect((await offbeat(shop, 'setup', 'shop', '--json')).stdout).not.toMatch(/pg_cron|cron\.(?:schedule|job)/u)
    expect((await offbeat(shop, 'setup', 'shop', '--as', 'crontab')).stdout).toMatch(/^\* .* offbeat beat shop /mu)
    expect(await checks(shop)).toMatchObject({ 'postgresql.heartbeat-moves': 'skip' })

    await using running = startOffbeat(['run'], { cwd: shop.folder.path })
    await slotIsRead(shop, standby)
    const beat = await offbeat(shop, 'beat', 'shop', '--wait')
    expect(beat, beat.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('acknowledged after') })
    const [row] = await shop.sql('SELECT text FROM streamkap.streamkap_heartbeat')
    expect(row?.['text']).not.toBe('test_heartbeat')
    const seen = await checks(shop)
    expect(seen).toMatchObject({ 'postgresql.heartbeat-moves': 'ok' })
    expect(Object.keys(seen).filter((id) => /job|scheduler/u.test(id))).toEqual([])
    running.kill('SIGTERM')
    expect((await running.ended).code).toBe(0)
  })
})

/** The status of each check of the doctor. */
async function checks(shop: Shop): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await offbeat(shop, 'doctor', 'shop', '--json')
  const found: readonly { readonly id: string; readonly status: string }[] = JSON.parse(stdout).sources[0].checks
  return Object.fromEntries(found.map(({ id, status }) => [id, status]))
}

/** A slot on a standby waits for a record of the primary that an idle one does not write. */
async function slotIsRead(shop: Shop, standby: StandbyServer): Promise<void> {
  await waitFor({ until: 'the slot on the standby is read', everyMs: 100 }, async () => {
    await shop.sql('SELECT pg_log_standby_snapshot()')
    const active = `SELECT FROM pg_replication_slots WHERE slot_name = '${shop.slot}' AND active AND confirmed_flush_lsn IS NOT NULL`
    return (await standby.query('postgres', active)).length > 0
  })
}
