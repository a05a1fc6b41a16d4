import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { OffbeatError } from '../../src/model/error.ts'
import { inDatabase } from '../../src/model/fix.ts'
import { checkupOf, manual } from '../../src/sources/check.ts'
import type { SourceDefinition } from '../../src/sources/source.ts'
import type { SourceConfig } from '../../src/sources/source-config.ts'
import { sourceRegistry } from '../../src/sources/source-registry.ts'
import { logState } from '../support/log-state.ts'
import { recordingContext } from '../support/recording-context.ts'
import { MONGOSH } from '../support/script-form.ts'
import { SIMULATED_DEFAULTS, simulatedSchema } from '../support/simulated/config.ts'
import { numberPositions } from '../support/simulated/position.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A kind for which Offbeat has only side connections. */
const WATCHED: SourceDefinition<SourceConfig> = {
  kind: 'simulated',
  config: simulatedSchema,
  defaults: SIMULATED_DEFAULTS,
  facts: {
    title: 'Simulated',
    stream: 'a stream',
    heartbeatTable: 'h',
    where: 'nowhere',
    readOnlyForm: 'no',
    scheduler: 'none',
  },
  positions: numberPositions,
  positionFields: [],
  transactionIds: 'text',
  script: MONGOSH,
  unseenFix: () => [],
  probe: async () => ({ inspect: async () => logState(), [Symbol.asyncDispose]: async () => undefined }),
  survey: () => Promise.reject(new Error('not surveyed')),
}

const PREPARED: SourceDefinition<SourceConfig> = {
  ...WATCHED,
  setup: {
    services: ['self-managed'],
    plan: () => ({ form: 'none', steps: [], notes: [], outside: [] }),
  },
}

async function offbeat(definition: SourceDefinition<SourceConfig>, ...words: readonly string[]) {
  using folder = temporaryFolder()
  writeFileSync(
    folder.file('offbeat.yaml'),
    'sources:\n  theirs: { kind: simulated, url: "simulated://u:p@localhost/sim" }\n',
    { mode: 0o600 },
  )
  const sources = sourceRegistry({ simulated: async () => definition })
  const environment = { OFFBEAT_ADMIN_URL: 'simulated://admin:a@nowhere' }
  const context = recordingContext({ workingDirectory: folder.path, sources, environment })
  const code = await runProgram(commandList, words, context, '0.0.0')
  return { code, stdout: context.stdout.text, stderr: context.stderr.text }
}

test.each([
  ['run', ['run'], 'SOURCE_NOT_READABLE'],
  ['offsets set', ['offsets', 'set', 'theirs', '7', '--yes'], 'SOURCE_NOT_READABLE'],
  ['offsets set --from-slot', ['offsets', 'set', 'theirs', '--from-slot', '--yes'], 'SOURCE_NOT_READABLE'],
  ['setup', ['setup', 'theirs'], 'SETUP_NOT_AVAILABLE'],
])('`%s` of a kind that is only watched is refused by name', async (_name, words, code) => {
  const refused = await offbeat(WATCHED, ...words)
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(code) })
  expect(refused.stderr.replaceAll(/\s+/gu, ' ')).toContain('theirs: the source is of kind simulated, and Offbeat ')
})

test('`setup --apply` of a kind without an administrator is refused by name', async () => {
  expect((await offbeat(PREPARED, 'setup', 'theirs')).code).toBe(0)
  const refused = await offbeat(PREPARED, 'setup', 'theirs', '--apply', '--yes')
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('ADMINISTRATOR_NOT_AVAILABLE') })
})

test('`doctor` warns that it does not check the database, and checks the layers', async () => {
  const { code, stdout } = await offbeat(WATCHED, 'doctor', '--json')
  const [{ checks }] = JSON.parse(stdout).sources
  expect(checks[0]).toMatchObject({ id: 'simulated.checkup', status: 'warn', code: 'CHECKUP_NOT_AVAILABLE' })
  expect(checks.length).toBeGreaterThan(1)
  expect(code).toBe(0)
})

test('`status` inspects it as any other', async () => {
  const { stdout } = await offbeat(WATCHED, 'status', '--json')
  expect(JSON.parse(stdout).sources).toMatchObject([{ name: 'theirs', kind: 'simulated', verdict: 'stopped' }])
})

describe('statements of a kind without a set-up are printed as its client takes them', () => {
  const fix = [inDatabase('rs.initiate()', 'a cluster administrator', { at: 'admin', note: 'once' })]
  const refusal = () => new OffbeatError('DATABASE_LOGIN_REFUSED', { message: 'it is no replica set', fix })
  const PRINTED =
    /mongosh:? +\/\/ in the database admin, by a cluster administrator\n +rs\.initiate\(\) {2}\/\/ once\n/u

  test('by `status`', async () => {
    const inspected = { ...WATCHED, probe: () => Promise.reject(refusal()) }
    expect((await offbeat(inspected, 'status')).stdout).toMatch(PRINTED)
  })

  test('by `doctor`', async () => {
    const found = {
      status: 'fail' as const,
      code: 'DATABASE_LOGIN_REFUSED' as const,
      found: 'no replica set',
      expected: 'one',
    }
    const result = { ...found, fix: fix.map((each) => manual(each, 'a choice')) }
    const check = { id: 'simulated.set', symptom: null, title: 'set', codes: [], run: () => result }
    const checked = { ...WATCHED, checkup: async () => checkupOf(async () => ({}), [check]) }
    expect((await offbeat(checked, 'doctor')).stdout).toMatch(PRINTED)
  })

  test('in an error that ends a command', async () => {
    const refused = { ...WATCHED, reader: () => Promise.reject(refusal()), probe: () => Promise.reject(refusal()) }
    expect((await offbeat(refused, 'offsets', 'set', 'theirs', '7', '--yes')).stderr).toMatch(PRINTED)
  })
})
