import { describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { recordingContext } from '../support/recording-context.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

const SETTINGS = { idle_replication_slot_timeout: '36h', max_slot_wal_keep_size: '10GB' }

async function offbeat(shop: Shop, ...argv: readonly string[]) {
  const context = recordingContext({ workingDirectory: shop.folder.path })
  const code = await runProgram(commandList, argv, context, '0.0.0')
  return { code, out: context.stdout.text, err: context.stderr.text }
}

describe.skipIf(postgresqlMissing(18) !== null)('a source whose connector does not run', () => {
  test('plan and status say what they know, what is missing, and what to run, by the exit codes of interface.md', async () => {
    await using server = await startPostgresql({ settings: SETTINGS })
    await using shop = await openShop(server)
    const pause = (time: string) => offbeat(shop, 'plan', 'shop', '--pause', time, '--json')

    expect((await offbeat(shop, 'plan', 'shop')).code).toBe(2)
    const never = await pause('60h')
    expect([never.code, JSON.parse(never.out).answer]).toEqual([1, 'unknown'])
    // Nothing is kept yet, so nothing is reached in 0 ms.
    await shop.sql('DROP PUBLICATION streamkap_pub')
    const beforeStart = await offbeat(shop, 'status')
    expect(beforeStart.out.replaceAll(/\s+/gu, ' ')).toContain(
      '(it has never run); no offset is stored yet, and its stream cannot be opened: POSTGRES_PUBLICATION_MISSING',
    )
    expect(beforeStart.code).toBe(1)
    await shop.sql('CREATE PUBLICATION streamkap_pub FOR ALL TABLES')
    expect((await offbeat(shop, 'run', '--until', 'head', '--quiet')).code).toBe(0)

    const tooLong = await pause('60h')
    expect(tooLong.code).toBe(1)
    const no = JSON.parse(tooLong.out)
    expect(no).toMatchObject({ answer: 'no', decidedBy: 'idle_replication_slot_timeout', pauseSeconds: 216_000 })
    expect(no.marginSeconds).toBeLessThan(-23 * 3600)
    expect(no.marginSeconds).toBeGreaterThan(-25 * 3600)
    const [raise, reload] = no.fix
    expect(raise.text).toBe("ALTER SYSTEM SET idle_replication_slot_timeout = '76h'")
    await shop.sql(raise.text)
    await shop.sql(reload.text)
    const raised = await waitFor({ until: 'the server has taken the setting' }, async () => {
      const { code, out } = await pause('60h')
      const { answer, decidedBy } = JSON.parse(out)
      return answer === 'no' ? null : { code, answer, decidedBy }
    })
    // How fast the log grows is not known from two inspections.
    expect(raised).toEqual({ code: 1, answer: 'unknown', decidedBy: 'max_slot_wal_keep_size' })

    await shop.sql('DROP PUBLICATION streamkap_pub')
    const refused = await offbeat(shop, 'status')
    expect(refused.out).toContain('shop  at risk')
    // Unbroken, though longer than the line.
    expect(refused.out).toMatch(
      /-- in the database .*, by a superuser\n +CREATE PUBLICATION streamkap_pub FOR ALL TABLES;$/mu,
    )
    expect(refused.code).toBe(1)
    await shop.sql('CREATE PUBLICATION streamkap_pub FOR ALL TABLES')

    await shop.sql('DROP TABLE streamkap.streamkap_heartbeat')
    const broken = JSON.parse((await offbeat(shop, 'status', '--json')).out)
    expect(broken.sources[0].heartbeat.source.broken).toMatchObject({ code: 'HEARTBEAT_TABLE_MISSING' })

    await server.dropSlots(shop.database)
    const lost = await pause('60h')
    expect([lost.code, JSON.parse(lost.out).answer]).toEqual([3, 'no'])
    expect((await offbeat(shop, 'status')).code).toBe(3)

    shop.configure({ url: shop.url.replace(/:\d+\//u, ':1/') })
    expect((await offbeat(shop, 'status', '--json')).code).toBe(4)
    expect((await pause('60h')).code).toBe(4)
  })
})

test('status --watch draws over what it drew, until stopped', async () => {
  await using server = await startPostgresql()
  await using shop = await openShop(server)
  const stop = new AbortController()
  const context = recordingContext({ workingDirectory: shop.folder.path, terminal: true, signal: stop.signal })
  const ended = runProgram(commandList, ['status', 'shop', '--watch', '--every', '100ms'], context, '0.0.0')
  await waitFor({ until: 'it is drawn three times' }, () => context.stdout.text.split('(it has never run)').length > 3)
  stop.abort()
  expect(await ended).toBe(1)
  expect(context.stdout.text).toContain('\u001B[H')
})
