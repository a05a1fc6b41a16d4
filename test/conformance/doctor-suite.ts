import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CheckFinding, Signs } from '../../src/sources/check.ts'
import { readingContext } from '../support/reading.ts'
import type { TestedSource } from '../support/run-once.ts'
import { commandLine } from './command-line.ts'
import type { DoctorStage, Stage, StageDatabase } from './stage.ts'
import { never, probeOf, runPrinted, sourceOf } from './staged-source.ts'

const NO_SIGNS: Signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }

async function examine({ definition, config }: TestedSource): Promise<readonly CheckFinding[]> {
  const checkup = (await definition.checkup?.()) ?? expect.fail(`${definition.kind} has no checkup`)
  return await checkup.examine(
    config,
    { ...readingContext, signs: NO_SIGNS, atRiskMs: 0, storedOffset: () => null },
    never,
  )
}

/** Tests `Checkup`, and what `doctor` shows of it. */
export function doctorSuite<Database extends StageDatabase>(
  stage: Stage<Database>,
  { problems, hidesPrivileges }: DoctorStage<Database>,
): void {
  describe(`the doctor of ${stage.name}`, () => {
    let database: Database
    let source: TestedSource
    beforeAll(async () => {
      database = await stage.open()
      source = await sourceOf(database)
    })
    afterAll(async () => {
      await database?.[Symbol.asyncDispose]()
    })

    test('a prepared database has no failed check, and each finding belongs to a listed check', async () => {
      const findings = await examine(source)
      expect(findings.filter(({ status }) => status === 'fail')).toEqual([])
      const checks = (await source.definition.checkup?.())?.checks ?? []
      const ids = checks.map(({ id }) => id)
      expect(ids).toEqual([...new Set(ids)].filter((id) => id.startsWith(`${stage.kind}.`)))
      for (const { id, status, found, expected, fix } of findings) {
        expect(ids).toContain(id)
        expect([found, expected]).not.toContain('')
        if (status === 'ok') expect(fix).toEqual([])
      }
    })

    test('promise 11: a missing table and a missing grant are among what it is tested with', () => {
      expect(problems.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['HEARTBEAT_TABLE_MISSING', ...(hidesPrivileges === true ? [] : ['HEARTBEAT_DENIED'])]),
      )
    })

    // Each test restores the database.
    test.each(problems)(
      'promise 11: $code of $id is found without a write, and what it prints fixes it',
      async ({ id, code, make }) => {
        const found = async () => (await examine(source)).find((each) => each.id === `${stage.kind}.${id}`)
        await using probe = await probeOf(source)
        await probe.beat?.('offbeat:shop:before', never)
        expect((await found())?.code ?? null).toBeNull()
        await make(database)
        const broken = await database.fingerprint()
        const finding = await found()
        expect(await database.fingerprint()).toEqual(broken)
        expect(finding).toMatchObject({ code, status: expect.stringMatching(/^(fail|warn)$/u) })
        const { codes } = (await source.definition.checkup?.())?.checks.find((each) => each.id === finding?.id) ?? {}
        expect(codes).toContain(code)
        await runPrinted(database, finding?.fix ?? [])
        expect(await found()).toMatchObject({ status: 'ok', code: null })
      },
    )

    test('promise 14: `doctor` changes nothing without --fix, and with it runs the statements that it shows', async () => {
      const missing = problems.find(({ code }) => code === 'HEARTBEAT_TABLE_MISSING')
      await missing?.make(database)
      const broken = await database.fingerprint()
      using offbeat = commandLine(database)
      const report = await offbeat.run('doctor', 'shop', '--json')
      expect(report, report.stderr).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('HEARTBEAT_TABLE_MISSING'),
      })
      expect(await database.fingerprint()).toEqual(broken)
      const refused = await offbeat.run('doctor', 'shop', '--fix')
      expect(refused.stderr).toContain('CONFIRMATION_NEEDED')
      expect(await database.fingerprint()).toEqual(broken)
      const fixed = await offbeat.run('doctor', 'shop', '--fix', '--yes')
      expect(fixed.stdout + fixed.stderr).not.toContain('DEFECT')
      const well = await offbeat.run('doctor', 'shop', '--json')
      expect(well, well.stdout).toMatchObject({ code: 0 })
    })
  })
}
