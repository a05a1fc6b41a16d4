import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../../src/model/secret.ts'
import type { ConnectionConfig } from '../../src/sources/source-config.ts'
import { readingContext } from '../support/reading.ts'
import type { TestedSource } from '../support/run-once.ts'
import type { Stage, StageDatabase } from './stage.ts'
import { failureOf, never, probeOf, sourceOf } from './staged-source.ts'

/** Tests `Probe` and `survey`, which every source has. */
export function probeSuite<Database extends StageDatabase>(stage: Stage<Database>): void {
  describe(`the probe of ${stage.name}`, () => {
    let database: Database
    let source: TestedSource
    beforeAll(async () => {
      database = await stage.open()
      source = await sourceOf(database)
    })
    afterAll(async () => {
      await database?.[Symbol.asyncDispose]()
    })
    const connectedBy = (connection: Partial<ConnectionConfig>): TestedSource => ({
      ...source,
      config: { ...source.config, connection: { ...source.config.connection, ...connection } },
    })

    test('each part of the definition has its part of the stage, and so its suite', async () => {
      const { reader, setup, checkup } = source.definition
      const parts = { reader, setup, doctor: checkup }
      const there = Object.entries(parts).filter(([, part]) => part !== undefined)
      expect(there.map(([name]) => name)).toEqual(
        (['reader', 'setup', 'doctor'] as const).filter((name) => stage[name] !== undefined),
      )
      await using probe = await probeOf(source)
      expect(probe.beat !== undefined).toBe(stage.beat !== undefined)
    })

    test('promise 4: two inspections are of one run of one server, and its head moves with what is written', async () => {
      await using probe = await probeOf(source)
      const before = await probe.inspect(() => null, never)
      await database.commit([{ insert: 1 }])
      const after = await probe.inspect(() => null, never)
      expect(Object.keys(before.server)).not.toEqual([])
      expect({ server: after.server, run: after.run }).toEqual({ server: before.server, run: before.run })
      expect(after.atMs).toBeGreaterThanOrEqual(before.atMs)
      expect(after.head.shown).not.toBe(before.head.shown)
      if (before.writtenBytes !== null) expect(after.writtenBytes).toBeGreaterThan(before.writtenBytes)
      const { compare, parse, text } = source.definition.positions
      const [from, to] = [before.head.position, after.head.position]
      if (from === null || to === null) return expect([from, to]).toEqual([null, null])
      expect([compare(from, to), compare(to, from), compare(to, to)]).toEqual(['before', 'after', 'same'])
      expect(parse(text(to))).toEqual(to)
    })

    test('a source without a stored offset is ready: it can be opened, and heartbeats can be written', async () => {
      await using probe = await probeOf(source)
      expect(await probe.inspect(() => null, never)).toMatchObject({ resume: { can: 'yes' }, unwritable: null })
    })

    test('the watched table is listed, and the other one is not', async () => {
      await using probe = await probeOf(source)
      const names = (await probe.tables?.(never))?.map(({ name }) => name) ?? ['item']
      expect(names).toContain('item')
      expect(names).not.toContain('unwatched')
    })

    test('promise 10: there is no way to write where the source only reads, or layer 2 is off', async () => {
      for (const about of [{ readOnly: true, heartbeat: { source: 'off' } }, { heartbeat: { source: 'off' } }]) {
        await using probe = await probeOf(await sourceOf(database, about))
        expect(probe.beat).toBeUndefined()
        expect((await probe.inspect(() => null, never)).unwritable).toBeNull()
      }
    })

    test('a connection that was ended is replaced: the next inspection but one has another', async () => {
      await using probe = await probeOf(source)
      await probe.inspect(() => null, never)
      await database.cut()
      await probe.inspect(() => null, never).catch(() => undefined)
      expect((await probe.inspect(() => null, never)).resume).toMatchObject({ can: 'yes' })
    })

    test('promise 11: a wrong password is not tried again, and a server that does not answer is', async () => {
      const wrong = connectedBy({ password: new Secret('of-another-user') })
      const refused = await failureOf(() => probeOf(wrong))
      expect(refused).toMatchObject({ code: 'DATABASE_PASSWORD_WRONG', retry: false })
      expect(JSON.stringify(refused)).not.toContain('of-another-user')
      const nowhere = connectedBy({ hosts: [{ host: '127.0.0.1', port: 1 }] })
      expect(await failureOf(() => probeOf(nowhere))).toMatchObject({ code: 'DATABASE_UNREACHABLE', retry: true })
    })

    test('promise 13: opening and inspecting end at once when they are aborted, and disposing twice is harmless', async () => {
      const { definition, config } = source
      const reason = new Error('enough')
      await expect(definition.probe(config, readingContext, AbortSignal.abort(reason))).rejects.toThrow()
      const probe = await probeOf(source)
      await expect(probe.inspect(() => null, AbortSignal.abort(reason))).rejects.toThrow()
      await probe[Symbol.asyncDispose]()
      await probe[Symbol.asyncDispose]()
    })

    test('promise 14: a survey shows what there is to watch, and neither it nor an inspection writes', async () => {
      const before = await database.fingerprint()
      const survey = await source.definition.survey(source.config, readingContext)
      const named = (table: string) => survey.tables.filter((name) => name.split('.').at(-1) === table)
      expect([named('item'), named('unwatched')]).toEqual([[expect.anything()], [expect.anything()]])
      expect(survey).toMatchObject({ heartbeat: true, administrator: false, readOnly: false })
      await using probe = await probeOf(source)
      await probe.inspect(() => null, never, { queries: true })
      expect(await database.fingerprint()).toEqual(before)
    })

    test('promise 11: what the user cannot see is named with the statement after which it is seen', async () => {
      await using probe = await probeOf(source)
      const { unseen } = await probe.inspect(() => null, never)
      expect(unseen.length > 0).toBe(stage.hasMonitoring)
      for (const { what, fix } of unseen) {
        expect(what).not.toBe('')
        await database.run(fix.in === 'database' ? fix : expect.fail('it is no statement'))
      }
      expect((await probe.inspect(() => null, never)).unseen).toEqual([])
    })
  })
}
