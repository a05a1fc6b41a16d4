import { expect, test } from 'vitest'
import { recordingContext } from '../../../test/support/recording-context.ts'
import { OffbeatError } from '../../model/error.ts'
import { type Fix, inShell } from '../../model/fix.ts'
import type { Command, CommandGroup, CommandInput } from './command.ts'
import { runProgram } from './program.ts'
import { usageError } from './usage-error.ts'

function commandThat(run: Command['run']): Command {
  return {
    name: 'inspect',
    summary: 'inspects something',
    arguments: [{ name: 'source', summary: 'a source', required: false }],
    options: [{ flags: '--since <duration>', summary: 'how far back', default: '1h' }],
    run,
  }
}

async function run(argv: readonly string[], command: Command | CommandGroup) {
  const context = recordingContext()
  const code = await runProgram([command], argv, context, '1.2.3')
  return { code, out: context.stdout.text, err: context.stderr.text }
}

test('words, own options and common options reach the command wherever they stand', async () => {
  const inputs: CommandInput[] = []
  const command = commandThat(async (input) => {
    inputs.push(input)
    return 1
  })
  const { code } = await run(['--json', 'inspect', 'shop', '--config', 'a.yaml', '--since', '2h', '--quiet'], command)
  expect(code).toBe(1)
  expect(inputs).toMatchObject([
    {
      words: ['shop'],
      options: { since: '2h' },
      common: { config: 'a.yaml', json: true, quiet: true, logLevel: null, color: false },
    },
  ])
})

test('a misspelt command is answered with the right one and the code 2', async () => {
  const { code, out, err } = await run(
    ['inspct'],
    commandThat(async () => 0),
  )
  expect(code).toBe(2)
  expect(out).toBe('')
  expect(err).toContain("Unknown command 'inspct'")
  expect(err).toContain('did you mean inspect?')
})

test('a misspelt option is answered with the right one, and with --json as a document', async () => {
  const { code, out, err } = await run(
    ['inspect', '--sinse', '3h', '--json'],
    commandThat(async () => 0),
  )
  expect(code).toBe(2)
  expect(out).toBe('')
  expect(JSON.parse(err)).toMatchObject({
    version: 1,
    error: {
      code: 'USAGE_INVALID',
      expected: 'did you mean --since?',
      fix: [{ in: 'shell', text: 'offbeat inspect --help' }],
    },
  })
})

test('an unknown level of the log is refused', async () => {
  const { code, err } = await run(
    ['inspect', '--log-level', 'loud'],
    commandThat(async () => 0),
  )
  expect(code).toBe(2)
  expect(err).toContain('debug, info, warn, error')
})

test('without a word the help is shown and the code is 2; asked for, it is 0', async () => {
  const nothing = await run(
    [],
    commandThat(async () => 0),
  )
  expect(nothing).toMatchObject({ code: 2, out: '' })
  expect(nothing.err).toContain('Usage: offbeat')
  const asked = await run(
    ['--help'],
    commandThat(async () => 0),
  )
  expect(asked).toMatchObject({ code: 0, err: '' })
  expect(asked.out).toContain('inspects something')
  expect(
    await run(
      ['--version'],
      commandThat(async () => 0),
    ),
  ).toMatchObject({ code: 0, out: '1.2.3\n' })
})

test('a thrown value that is not ours is a defect, with the request to report it', async () => {
  const broken = commandThat(async () => {
    throw new TypeError('x is not a function')
  })
  const { code, err } = await run(['inspect'], broken)
  expect(code).toBe(70)
  expect(err).toContain('x is not a function')
  expect(err).toContain('Please report it')
  expect(err).toContain(`offbeat 1.2.3, node ${process.versions.node}`)
  expect(err).toMatch(/at .*program\.test\.ts/u)
})

test('the kind of an error decides the exit code', async () => {
  const failing = (code: 'DATABASE_UNREACHABLE' | 'CONFIG_INVALID') =>
    commandThat(async () => {
      throw new OffbeatError(code, { message: 'no', found: 'a', expected: 'b', fix: [inShell('do it')] })
    })
  expect(await run(['inspect'], failing('DATABASE_UNREACHABLE'))).toMatchObject({ code: 4 })
  const { code, err } = await run(['inspect'], failing('CONFIG_INVALID'))
  expect(code).toBe(2)
  expect(err).toBe('error: no\n  found:    a\n  expected: b\n  run:      do it\n  code:     CONFIG_INVALID\n')
})

test('a mistake on the command line that a command finds names its own help, where it has no better cure', async () => {
  const refusing = (fix?: readonly Fix[]) =>
    commandThat(async () => {
      throw usageError('--x has no effect.', { expected: 'none', ...(fix === undefined ? {} : { fix }) })
    })
  const { code, err } = await run(['inspect'], refusing())
  expect(code).toBe(2)
  expect(err).toBe(
    'error: --x has no effect.\n  expected: none\n  run:      offbeat inspect --help\n  code:     USAGE_INVALID\n',
  )
  expect((await run(['inspect'], refusing([inShell('do it')]))).err).toContain('run:      do it\n')
})

test('a command that ends because it was asked to stop is no defect', async () => {
  const controller = new AbortController()
  const waiting = commandThat(async (_input, { clock, signal }) => {
    controller.abort(new DOMException('stopped by SIGINT', 'AbortError'))
    await clock.sleep(60_000, signal)
    return 0
  })
  const context = recordingContext({ signal: controller.signal })
  expect(await runProgram([waiting], ['inspect'], context, '1.2.3')).toBe(1)
  expect(context.stderr.text).toBe('')
})

test('commands of a group are found, a misspelt one named, and without one the help is shown', async () => {
  const group: CommandGroup = { name: 'offsets', summary: 'offsets', commands: [commandThat(async () => 3)] }
  expect(await run(['offsets', 'inspect', 'shop'], group)).toMatchObject({ code: 3 })
  const misspelt = await run(['offsets', 'inspectt'], group)
  expect(misspelt.code).toBe(2)
  expect(misspelt.err).toContain('did you mean inspect?')
  const without = await run(['offsets'], group)
  expect(without).toMatchObject({ code: 2, out: '' })
  expect(without.err).toContain('Usage: offbeat offsets')
})

test('the log goes to standard error as JSON lines, at the level asked for, without secrets', async () => {
  const logging = commandThat(async (_input, context) => {
    const log = (await context.openLog('warn')).child({ source: 'shop' })
    log.debug({}, 'unheard')
    log.error(
      { password: 'hunter2', inner: { password: 'hunter2' }, error: new Error('at postgres://u:hunter2@h/d') },
      'x',
    )
    return 0
  })
  const { out, err } = await run(['inspect'], logging)
  expect(out).toBe('')
  expect(err).not.toContain('hunter2')
  const lines = err.trimEnd().split('\n')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    source: 'shop',
    msg: 'x',
    password: '[redacted]',
    error: { code: 'DEFECT', message: 'Error: at postgres://u:[redacted]@h/d' },
  })
  expect((await run(['inspect', '--log-level', 'debug'], logging)).err).toContain('unheard')
  expect((await run(['inspect', '--quiet', '--log-level', 'debug'], logging)).err).not.toContain('unheard')
})
