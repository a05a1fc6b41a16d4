import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import type { SourceDefinition } from '../../src/sources/source.ts'
import type { SourceConfig } from '../../src/sources/source-config.ts'
import { sourceRegistry } from '../../src/sources/source-registry.ts'
import { logState } from '../support/log-state.ts'
import { numberPositions } from '../support/number-position.ts'
import { recordingContext } from '../support/recording-context.ts'
import { SIMULATED_DEFAULTS, simulatedSchema } from '../support/simulated-config.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A kind of which Offbeat knows side connections alone. */
const WATCHED: SourceDefinition<SourceConfig> = {
  kind: 'simulated',
  config: simulatedSchema,
  defaults: SIMULATED_DEFAULTS,
  facts: { title: 'Simulated', heartbeatTable: 'h', where: 'nowhere', readOnlyForm: 'no', scheduler: 'none' },
  positions: numberPositions,
  placeFields: [],
  transactionIds: 'text',
  unseenFix: () => [],
  probe: async () => ({ inspect: async () => logState(), [Symbol.asyncDispose]: async () => undefined }),
  survey: () => Promise.reject(new Error('not surveyed')),
}

const PREPARED: SourceDefinition<SourceConfig> = {
  ...WATCHED,
  setup: {
    services: ['self-managed'],
    plan: () => ({ form: 'none', steps: [], notes: [], outside: [] }),
    script: {
      name: 'text',
      client: 'a shell',
      comment: '# ',
      statement: (text) => text,
      enter: (database) => `use ${database}`,
    },
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
