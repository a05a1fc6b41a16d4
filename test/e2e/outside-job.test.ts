import { describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { type StandbyServer, startStandby } from '../support/postgresql-standby.ts'
import { recordingContext } from '../support/recording-context.ts'
import { runningOffbeat } from '../support/running-offbeat.ts'
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
    await shop.sql("UPDATE streamkap.streamkap_heartbeat SET last_update = now() - interval '3 days 17 minutes'")
    await standby.catchUp()
    const still = (await checks(shop)).get(MOVES)
    expect(still).toMatchObject({ status: 'fail', code: 'HEARTBEAT_STILL' })
    expect(still?.fix).toContainEqual(expect.objectContaining({ in: 'shell', text: 'offbeat beat shop' }))

    await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
    await slotIsRead(shop, standby)
    const beat = await offbeat(shop, 'beat', 'shop', '--wait')
    expect(beat, beat.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('acknowledged after') })
    const [row] = await shop.sql('SELECT text FROM streamkap.streamkap_heartbeat')
    expect(row?.['text']).not.toBe('test_heartbeat')
    const seen = await checks(shop)
    expect(seen.get(MOVES)).toMatchObject({ status: 'ok' })
    expect([...seen.keys()].filter((id) => /job|scheduler/u.test(id))).toEqual([])
    running.stop()
    expect((await running.ended).code).toBe(0)
  })
})

const MOVES = 'postgresql.heartbeat-moves'

interface PrintedCheck {
  readonly id: string
  readonly status: string
  readonly code: string | null
  readonly fix: readonly { readonly in: string; readonly text: string }[]
}

async function checks(shop: Shop): Promise<ReadonlyMap<string, PrintedCheck>> {
  const { stdout } = await offbeat(shop, 'doctor', 'shop', '--json')
  const found: readonly PrintedCheck[] = JSON.parse(stdout).sources[0].checks
  return new Map(found.map((check) => [check.id, check]))
}

/** A slot on a standby waits for a record of the primary that an idle one does not write. */
async function slotIsRead(shop: Shop, standby: StandbyServer): Promise<void> {
  await waitFor({ until: 'the slot on the standby is read', everyMs: 100 }, async () => {
    await shop.sql('SELECT pg_log_standby_snapshot()')
    const active = `SELECT FROM pg_replication_slots WHERE slot_name = '${shop.slot}' AND active AND confirmed_flush_lsn IS NOT NULL`
    return (await standby.query('postgres', active)).length > 0
  })
}
