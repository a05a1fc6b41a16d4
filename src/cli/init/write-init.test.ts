import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { recordingContext } from '../../../test/support/recording-context.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { TABLE_WORDS } from '../../model/data-words.ts'
import { SOURCES } from '../../sources/registry.ts'
import type { SourceDefinition } from '../../sources/source.ts'
import type { SourceConfig } from '../../sources/source-config.ts'
import { sourceRegistry } from '../../sources/source-registry.ts'
import { type SourceDefaults, sourceConfig, sourceKeys } from '../../sources/source-schema.ts'
import type { Survey } from '../../sources/survey.ts'
import { commandList } from '../program/command-list.ts'
import { runProgram } from '../program/program.ts'

const DEFAULTS: SourceDefaults = {
  kind: 'quiet',
  schemes: ['quiet', 'quiet+srv'],
  dnsSchemes: ['quiet+srv'],
  port: 27017,
  database: 'none',
  user: 'required',
  urlParameters: { known: { realm: { sets: 'own' } }, refused: {} },
  levels: ['schema', 'name'],
  words: TABLE_WORDS,
  connectorUser: 'quiet_user',
  heartbeat: {
    schema: 's',
    table: 'h',
    modes: ['table', 'off'],
    readOnly: { modes: ['off'], because: 'no job could write on the primary' },
    jobs: [],
  },
}

const SURVEY: Survey = {
  server: 'Quiet 1.0',
  readOnly: false,
  administrator: false,
  tables: ['shop.orders'],
  changesPerSecond: null,
  scheduler: false,
  heartbeat: false,
  settings: {},
  remarks: [],
}

async function quietSource(survey: Survey): Promise<SourceDefinition<SourceConfig>> {
  return {
    ...(await SOURCES.load('postgresql')),
    kind: 'quiet',
    defaults: DEFAULTS,
    config: sourceConfig(DEFAULTS, z.strictObject(sourceKeys(DEFAULTS, {})), (common) => ({
      ...common,
      kind: 'quiet',
    })),
    survey: async () => survey,
  }
}

/** `init` with PostgreSQL and another kind; `answers`: what a person types, null where there is no terminal. */
async function init(argv: readonly string[], answers: readonly string[] | null, survey: Partial<Survey> = {}) {
  await using folder = temporaryFolder()
  const asked: string[] = []
  const left = [...(answers ?? [])]
  const ask = async (question: string) => {
    asked.push(question)
    return left.shift() ?? ''
  }
  const context = recordingContext({
    workingDirectory: folder.path,
    ask: answers === null ? null : ask,
    sources: sourceRegistry({
      postgresql: () => SOURCES.load('postgresql'),
      mysql: () => SOURCES.load('mysql'),
      mariadb: () => SOURCES.load('mariadb'),
      quiet: () => quietSource({ ...SURVEY, ...survey }),
    }),
  })
  const code = await runProgram(commandList, ['init', ...argv], context, '0')
  return {
    code,
    asked,
    stderr: context.stderr.text,
    text: code === 0 ? readFileSync(folder.file('offbeat.yaml'), 'utf8') : '',
  }
}

it('asks for the kind where there are several, and then in its words', async () => {
  const answers = ['cassandra', 'quiet', 'postgresql://u@h/d', 'quiet://u@h', '', 'secret', '', '']
  const { code, asked, stderr, text } = await init([], answers)
  expect(code, stderr).toBe(0)
  expect(asked).toEqual([
    'Kind of database: postgresql, mysql, mariadb or quiet [postgresql]: ',
    'Kind of database: postgresql, mysql, mariadb or quiet [postgresql]: ',
    'URL of the database, as quiet://user@host:27017: ',
    'URL of the database, as quiet://user@host:27017: ',
    'Name of the source, used in topics and offsets [quiet]: ',
    'Password of u (empty: none): ',
    'Tables to watch, separated by commas, * within a part; empty: all: ',
    'Interval of heartbeats [1m]: ',
  ])
  expect(stderr).toContain('That is not one of them.')
  expect(stderr).toContain('Connected: Quiet 1.0.')
  expect(text).toContain('kind: quiet\n')
  expect(text).toContain(`url: quiet://u:\${QUIET_PASSWORD}@h\n`)
})

it('takes the kind from the URL without a question', async () => {
  const { code, stderr, text } = await init(['--url', 'quiet+srv://u@h?realm=x'], null)
  expect(code, stderr).toBe(0)
  expect(text).toContain(`url: quiet+srv://u:\${QUIET_PASSWORD}@h?realm=x\n`)
})

it('proposes the user, and turns layer 2 off in words where a read-only connection has none', async () => {
  const { code, stderr, text } = await init(['--url', 'quiet://admin@h'], null, { administrator: true, readOnly: true })
  expect(code, stderr).toBe(0)
  expect(text).toContain('quiet://quiet_user:')
  expect(text).toContain('    # Off, because no job could write on the primary.\n')
  expect(text).toContain('      source: off\n')
})

it('takes the database of the URL as the tables to watch, where a connection is to the whole server', async () => {
  const { code, stderr, text } = await init(['--url', 'mysql://u@h/my-shop?ssl-mode=REQUIRED', '--offline'], null)
  expect(code, stderr).toBe(0)
  expect(text).toContain('  my-shop:\n    kind: mysql\n')
  expect(text).toContain(`url: mysql://u:\${MY_SHOP_PASSWORD}@h?ssl-mode=REQUIRED\n`)
  expect(text).toContain('tables: ["my-shop.*"]\n')
})

it('takes the kind whose usual scheme the URL has, or the one that the server turns out to be', async () => {
  const usual = await init(['--url', 'mysql://u@h', '--offline'], null)
  expect(usual.text).toContain('kind: mysql\n')
  const other = await init(['--url', 'quiet://u@h'], null, { kind: 'mariadb' })
  expect(other.text).toContain('kind: mariadb\n')
})

it.each([
  [['--url', 'quiet://u@h/db'], 'has a database, and the connection is to the whole server'],
  [['--url', 'quiet+srv://u@h:1'], 'has a port, which DNS gives'],
  [['--url', 'quiet://h'], 'has no user'],
  [['--url', 'oracle://u@h'], 'does not begin with postgresql://, postgres://, mysql://, mariadb://, quiet://'],
  [['--url', 'postgresql://u@h/d', '--kind', 'quiet'], 'does not begin with quiet:// or quiet+srv://'],
  [['--url', 'quiet://u@h', '--kind', 'cassandra'], 'cassandra is not a kind of source'],
  [[], 'init needs a terminal, or --url'],
])('refuses %j', async (argv, expected) => {
  const { code, stderr } = await init(argv, null)
  expect(code).toBe(2)
  expect(stderr.replaceAll(/\s+/gu, ' ')).toContain(expected)
})

it('a URL in the place of the file is sent to --url, without being repeated or asking', async () => {
  const { code, asked, stderr } = await init(['quiet://u:planted@h'], [])
  expect({ code, asked }).toMatchObject({ code: 2, asked: [] })
  expect(stderr).toContain('init takes the name of the file')
  expect(stderr).not.toContain('planted')
})

it('names no variable for a connection without a login', async () => {
  await using folder = temporaryFolder()
  const said = async (url: string) => {
    const context = recordingContext({ workingDirectory: folder.path, sources: SOURCES, ask: null })
    expect(await runProgram(commandList, ['init', '--url', url, '--offline', '--force'], context, '0')).toBe(0)
    return context.stdout.text
  }
  expect(await said('mongodb://u@h')).toContain('Set MONGODB_PASSWORD')
  expect(await said('mongodb://h')).not.toContain('PASSWORD')
})
