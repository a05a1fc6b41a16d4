import { expect, test } from 'vitest'
import type { Fix } from '../../src/model/fix.ts'
import { scriptOf } from '../support/fix-script.ts'
import { startPostgresql } from '../support/postgresql.ts'
import { type RunningOffbeat, runningOffbeat } from '../support/running-offbeat.ts'
import { openShop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

interface Line {
  readonly level: string
  readonly msg: string
  readonly code?: string
  readonly fix?: readonly Fix[]
  readonly found?: string
  readonly verdict?: string
  readonly from?: string
  readonly attempts?: number
  readonly awayMs?: number
}

function lines(running: RunningOffbeat): readonly Line[] {
  return running
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line)
}

async function line(running: RunningOffbeat, until: string, of: (line: Line) => boolean): Promise<Line> {
  return await waitFor({ until }, () => lines(running).find(of))
}

test('the log tells an outage from its beginning to its end: cause, how long, how many attempts, and both verdicts', async () => {
  await using server = await startPostgresql()
  await using shop = await openShop(server)
  await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
  await running.output(/slot .*was created/u)
  await line(running, 'it is well', ({ verdict }) => verdict === 'idle')
  await server.stop('fast')
  await line(running, 'the verdict is stale because of the outage', ({ verdict, msg }) => {
    return verdict === 'stale' && /^the stream has been down for .*DATABASE_/u.test(msg)
  })
  await line(running, 'three attempts have failed', ({ msg, attempts = 0 }) => {
    return (
      attempts === 0 &&
      /trying again/u.test(msg) &&
      lines(running).filter((one) => /trying again/u.test(one.msg)).length >= 3
    )
  })
  await server.start()
  const back = await line(running, 'it streams again', ({ msg }) => msg.startsWith('streaming again after '))
  expect(back).toMatchObject({ level: 'info', code: expect.stringMatching(/^DATABASE_/u) })
  expect(back.attempts).toBeGreaterThanOrEqual(3)
  expect(back.awayMs).toBeGreaterThan(0)
  const well = await line(
    running,
    'it is well again',
    ({ verdict, from = 'idle' }) => verdict === 'idle' && from !== 'idle',
  )
  expect(well.level).toBe('info')
})

test('a heartbeat that does not come back has one line with its code, what was found and the fix, and one when it does', async () => {
  await using server = await startPostgresql()
  await using shop = await openShop(server)
  await shop.sql(
    'DROP PUBLICATION streamkap_pub; CREATE PUBLICATION streamkap_pub FOR TABLE orders, streamkap.streamkap_heartbeat',
  )
  shop.configure({ heartbeat: { interval: '500ms' } })
  await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
  await running.output(/slot .*was created/u)
  await line(running, 'it is well', ({ verdict }) => verdict === 'idle')
  await shop.sql('ALTER PUBLICATION streamkap_pub DROP TABLE streamkap.streamkap_heartbeat')
  const broken = await line(running, 'the broken hop is named', ({ code }) => code === 'PULSE_NOT_SEEN')
  expect(broken).toMatchObject({ level: 'warn', msg: expect.stringContaining('layer 2 is broken at the hop "seen"') })
  expect(broken.found).not.toBe('')
  await line(running, 'the verdict is stale', ({ verdict }) => verdict === 'stale')
  await shop.sql(scriptOf(broken.fix ?? []))
  const healed = await line(running, 'it works again', ({ msg }) => msg.startsWith('layer 2 works again'))
  // On a busy machine a beat may be late too, which is the hop that is broken then.
  expect(healed).toMatchObject({ level: 'info', code: brokenLines(running).at(-1)?.code })
  await line(running, 'it is well again', ({ verdict, from }) => verdict === 'idle' && from === 'stale')
  expect(brokenLines(running).filter(({ code }) => code === 'PULSE_NOT_SEEN')).toHaveLength(1)
})

function brokenLines(running: RunningOffbeat): readonly Line[] {
  return lines(running).filter(({ msg }) => msg.startsWith('layer 2 is broken'))
}
