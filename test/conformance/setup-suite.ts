import { describe, expect, test } from 'vitest'
import type { SetupVariant } from '../../src/sources/setup.ts'
import type { TestedSource } from '../support/run-once.ts'
import { commandLine } from './command-line.ts'
import type { SetupStage, Stage, StageDatabase } from './stage.ts'
import { firstOffsetOf, never, probeOf, sourceOf } from './staged-source.ts'

const VARIANT: Omit<SetupVariant, 'service'> = {
  source: 'shop',
  readOnly: false,
  monitoring: false,
  schedulerDatabase: null,
  accountHost: null,
}

/** Tests `SourceSetup` and `AdminSession`, and what `setup` does with them. */
export function setupSuite<Database extends StageDatabase>(
  stage: Stage<Database>,
  { open, paste }: SetupStage<Database>,
): void {
  describe(`the set-up of ${stage.name}`, () => {
    const planOf = ({ definition, config }: TestedSource, about: Partial<SetupVariant> = {}) => {
      const setup = definition.setup ?? expect.fail(`${definition.kind} has no set-up`)
      return setup.services.map((service) => setup.plan(config, { ...VARIANT, service, ...about }))
    }

    test('promise 14: it prints and changes nothing, shows all before it asks, and applies it when that is confirmed', async () => {
      await using database = await open()
      const bare = await database.fingerprint()
      using offbeat = commandLine(database)
      const source = await sourceOf(database)
      expectPlans(source)
      const printed = await offbeat.run('setup', 'shop')
      const unconfirmed = await offbeat.run('setup', 'shop', '--apply')
      expect(await database.fingerprint()).toEqual(bare)
      expect({ printed: printed.code, unconfirmed: unconfirmed.code }, unconfirmed.stderr).toEqual({
        printed: 0,
        unconfirmed: 2,
      })
      const applied = await offbeat.run('setup', 'shop', '--apply', '--yes')
      expect(applied, applied.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('done: ') })
      const well = await offbeat.run('doctor', 'shop')
      expect(well.code, well.stdout).toBe(0)
      await expectReady(source)
      // A second run finds that everything is done.
      const done = await database.fingerprint()
      const again = await offbeat.run('setup', 'shop', '--apply', '--yes')
      expect(again, again.stderr).toMatchObject({ code: 0, stdout: expect.not.stringContaining('done: ') })
      expect(await database.fingerprint()).toEqual(done)
      for (const { stdout, stderr } of [printed, unconfirmed, applied, again])
        expect(stdout + stderr).not.toContain(passwordOf(source))
    })

    test.skipIf(paste === null)(
      'what it prints prepares the database when it is pasted into its client, with the password put in',
      async () => {
        await using database = await open()
        using offbeat = commandLine(database)
        const source = await sourceOf(database)
        const { stdout } = await offbeat.run('setup', 'shop')
        const placeholders = new Set(planOf(source)[0]?.steps.flatMap(({ placeholder }) => placeholder ?? []))
        const script = [...placeholders].reduce(
          (text, placeholder) => text.replaceAll(placeholder, `'${passwordOf(source)}'`),
          stdout,
        )
        await paste?.(database, script)
        await expectReady(source)
        const left = await offbeat.run('setup', 'shop', '--apply', '--yes')
        expect(left.stdout).not.toContain('done: ')
      },
    )

    /**
     * Checks the plans for each service and form: they are plain data, the same each time, and contain statements if a session has to apply
     * them.
     */
    function expectPlans(source: TestedSource): void {
      for (const about of [{}, { readOnly: true }, { monitoring: true }]) {
        expect(JSON.stringify(planOf(source, about))).toBe(JSON.stringify(planOf(source, about)))
        for (const { steps, form } of planOf(source, about)) {
          expect(form.includes('read-only')).toBe(about.readOnly === true)
          const ids = steps.map(({ id }) => id)
          expect(ids).toEqual([...new Set(ids)])
          for (const { by, fix, why } of steps) {
            expect(why).not.toBe('')
            expect(fix.length).toBeGreaterThan(0)
            if (by === 'setup') expect(new Set(fix.map((each) => each.in))).toEqual(new Set(['database']))
          }
          expect(JSON.stringify(steps)).not.toContain(passwordOf(source))
        }
      }
    }

    async function expectReady(source: TestedSource): Promise<void> {
      await using probe = await probeOf(source)
      await probe.beat?.('offbeat:shop:ready', never)
      expect(await probe.inspect(() => null, never)).toMatchObject({ resume: { can: 'yes' }, unwritable: null })
      if (source.definition.reader !== undefined) expect((await firstOffsetOf(source)).server).not.toBeNull()
    }
  })
}

function passwordOf({ config }: TestedSource): string {
  return config.connection.password?.reveal() ?? expect.fail('the entry has no password')
}
