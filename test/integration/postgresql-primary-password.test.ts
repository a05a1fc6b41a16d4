import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { sourceKinds } from '../../src/cli/source-kinds.ts'
import { systemClock } from '../../src/cli/system-clock.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { loadSource } from '../../src/sources/registry.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { silentLog } from '../support/silent-log.ts'

/** What is found of the scheduler, time after time, by a process that loaded its configuration once. */
async function openLook(shop: Shop): Promise<() => Promise<string>> {
  const { sources } = await loadConfig({
    path: shop.folder.file('offbeat.yaml'),
    workingDirectory: '/',
    env: {},
    readFile: (path) => readFile(path, 'utf8'),
    rightsOf: async () => ({ mode: 0o600, owner: 0 }),
    kinds: sourceKinds,
  })
  const config = sources[0]?.config
  if (config === undefined) throw new Error('there is no source')
  const checkup = await (await loadSource('postgresql')).checkup()
  const signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }
  const context = { source: 'shop', log: silentLog, clock: systemClock, signs }
  return async () => {
    const findings = await checkup.examine(config, context, new AbortController().signal)
    return findings.find(({ id }) => id === 'postgresql.scheduler')?.found ?? 'no finding'
  }
}

test('the password of the primary that is changed in its file is taken by a process that runs', async () => {
  await using shop = await openShop(await sharedPostgresql())
  const role = `watcher_${shop.slot}`.slice(0, 60)
  await shop.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'planted1'`)
  try {
    const file = shop.folder.file('password')
    writeFileSync(file, 'planted1\n')
    const { host, port } = shop.server
    const primary = { host, port, user: role, passwordFile: 'password' }
    shop.configure({ readOnly: true, heartbeat: { interval: '1s', source: { mode: 'job' } }, primary })
    const look = await openLook(shop)
    expect(await look()).toContain('pg_cron')
    await shop.sql(`ALTER ROLE ${role} PASSWORD 'planted2'`)
    const refused = await look()
    expect(refused).toContain('the primary could not be looked at')
    expect(refused).toContain(role)
    writeFileSync(file, 'planted2\n')
    expect(await look()).toContain('pg_cron')
  } finally {
    await shop.sql(`DROP ROLE ${role}`)
  }
})
