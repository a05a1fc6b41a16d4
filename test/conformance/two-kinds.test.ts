import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import type { SourceStatus } from '../../src/model/source-status.ts'
import { SOURCES } from '../../src/sources/registry.ts'
import { sourceRegistry } from '../../src/sources/source-registry.ts'
import { commitInterleaved } from '../support/interleaved.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { recordingContext } from '../support/recording-context.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { SimulatedDatabase } from '../support/simulated/database.ts'
import { simulatedDefinition } from '../support/simulated/definition.ts'
import { waitFor } from '../support/wait-for.ts'

const SIM = { kind: 'simulated', url: 'simulated://u:secret-of-u@localhost/sim', heartbeat: { interval: '500ms' } }

/** The command line with the shop's PostgreSQL and a simulated database, in one configuration and one store. */
function commandLine(shop: Shop, simulated: SimulatedDatabase) {
  const file = shop.folder.file('offbeat.yaml')
  const { sources, sink } = parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ sources: { ...sources, sim: SIM }, sink, server: 'off' }))
  const registry = sourceRegistry({
    postgresql: () => SOURCES.load('postgresql'),
    simulated: async () => simulatedDefinition(simulated),
  })
  return async (words: readonly string[], signal = new AbortController().signal) => {
    const context = recordingContext({ workingDirectory: shop.folder.path, sources: registry, signal })
    const code = await runProgram(commandList, words, context, '0.0.0')
    return { code, stdout: context.stdout.text, stderr: context.stderr.text }
  }
}

function idsByTopic(shop: Shop): Record<string, readonly number[]> {
  using db = new DatabaseSync(shop.folder.file('offbeat.db'), { readOnly: true, timeout: 60_000 })
  const ids: Record<string, number[]> = {}
  for (const { topic, key } of db.prepare("SELECT * FROM message WHERE topic LIKE '%.public.%' ORDER BY seq").all()) {
    const of = String(topic)
    ids[of] = [...(ids[of] ?? []), Number(JSON.parse(String(key)).id)]
  }
  return ids
}

describe.skipIf(postgresqlMissing() !== null)('two kinds of databases in one process', () => {
  test('each has its topics, positions, pulses and status, and the end of one leaves the other', async () => {
    await using shop = await openShop(await sharedPostgresql())
    const simulated = SimulatedDatabase.prepared()
    const { log } = simulated
    const offbeat = commandLine(shop, simulated)
    const statusOf = async (name: string): Promise<SourceStatus | undefined> => {
      const { stdout } = await offbeat(['status', name, '--json'])
      return stdout === '' ? undefined : JSON.parse(stdout).sources[0]
    }
    const stop = new AbortController()
    const running = offbeat(['run'], stop.signal)
    try {
      for (const name of ['shop', 'sim'])
        await waitFor({ until: `a pulse of ${name} is back` }, async () => {
          const status = await statusOf(name)
          return typeof status?.heartbeat.source.roundTripMs === 'number'
        })
      commitInterleaved(log, [2, 1], 1, Date.now())
      await shop.sql("INSERT INTO orders VALUES (7, 'x'), (8, 'y')")
      const delivered = { 'shop.public.orders': [7, 8], 'sim.public.item': [1, 3, 2] }
      await waitFor({ until: 'all rows are delivered' }, () => Object.values(idsByTopic(shop)).flat().length === 5)
      expect(idsByTopic(shop)).toEqual(delivered)
      expect((await statusOf('sim'))?.offset?.position).toMatch(/^\d+$/u)
      expect((await statusOf('shop'))?.offset?.position).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/u)

      log.lost = true
      simulated.cut()
      await waitFor({ until: 'one has ended' }, async () => (await statusOf('sim'))?.connector.running === false)
      expect((await statusOf('sim'))?.verdict).toBe('lost')
      await shop.sql("INSERT INTO orders VALUES (9, 'z')")
      await waitFor({ until: 'the other goes on' }, () => idsByTopic(shop)['shop.public.orders']?.length === 3)
    } finally {
      stop.abort()
      await running
    }
    expect((await running).code).toBe(3)
  })
})
