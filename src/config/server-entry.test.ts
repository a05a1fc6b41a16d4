// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so the variables of the configuration are written
import { expect, it } from 'vitest'
import { scrub } from '../cli/terminal/scrub.ts'
import { OffbeatError } from '../model/error.ts'
import { SOURCES } from '../sources/registry.ts'
import type { Config } from './config.ts'
import { loadConfig } from './load-config.ts'
import { isLoopback } from './loopback.ts'

const SECRET = 'Hunter2Hunter2Hunter2'

function load(server: string): Promise<Config> {
  const files: Readonly<Record<string, string>> = {
    '/etc/offbeat.yaml': `sources: { shop: { kind: postgresql, url: "postgresql://u@h/d" } }\n${server}\n`,
    '/etc/token': `${SECRET}\n`,
    '/etc/empty': '',
    '/etc/words': 'two words',
  }
  return loadConfig({
    path: 'offbeat.yaml',
    workingDirectory: '/etc',
    env: { TOKEN: SECRET },
    rightsOf: async () => ({ mode: 0o600, owner: 1000 }),
    registry: SOURCES,
    readFile: (path) => {
      const content = files[path]
      const missing = Object.assign(new Error('no such file'), { code: 'ENOENT' })
      return content === undefined ? Promise.reject(missing) : Promise.resolve(content)
    },
  })
}

async function mistakeOf(server: string): Promise<string> {
  const thrown: unknown = await load(server).catch((error: unknown) => error)
  if (!(thrown instanceof OffbeatError)) throw new Error(`was to be refused: ${server}`)
  expect(JSON.stringify([thrown.message, thrown.details])).not.toContain(SECRET)
  // The last net under what is printed takes nothing of our own words for a secret.
  expect(scrub(thrown.message)).toBe(thrown.message)
  return thrown.message.split('\n').slice(1).join('\n')
}

it.each([
  ['', { host: '127.0.0.1', port: 7070, token: null, written: false }],
  ['server: {}', { host: '127.0.0.1', port: 7070, token: null, written: true }],
  ['server: { listen: localhost:0 }', { host: 'localhost', port: 0, token: null, written: true }],
  ['server: { listen: "[::1]:8080" }', { host: '::1', port: 8080, token: null, written: true }],
  ['server: off', null],
  ['server: false', null],
])('%s', async (server, wanted) => {
  expect((await load(server)).server).toEqual(wanted)
})

it.each(['server: { listen: 0.0.0.0:7070, token: "${TOKEN}" }', 'server: { listen: "[::]:7070", tokenFile: token }'])(
  'beyond loopback with a token: %s',
  async (server) => {
    const config = await load(server)
    expect(config.server?.token?.reveal()).toBe(SECRET)
    expect(JSON.stringify(config)).not.toContain(SECRET)
    expect(config.warnings).toEqual([])
  },
)

it('warns of a token that can be guessed, and does not show it', async () => {
  const { warnings } = await load('server: { token: s3cret }')
  expect(warnings).toMatchObject([{ path: 'server.token', message: 'is short enough to guess', found: null }])
})

it.each([
  ['server: { listen: 0.0.0.0:7070 }', 'server.listen is beyond loopback without a token'],
  ['server: { listen: "[::]:7070" }', 'server.listen is beyond loopback without a token'],
  ['server: { listen: offbeat.example:7070 }', 'server.listen is beyond loopback without a token'],
  ['server: { listen: 7070 }', 'server.listen has no host'],
  ['server: { listen: ":7070" }', 'server.listen is not an address to listen at'],
  ['server: { listen: "127.0.0.1" }', 'server.listen is not an address to listen at'],
  ['server: { listen: "::1:7070" }', 'server.listen is not an address to listen at'],
  ['server: { listen: 127.0.0.1:70700 }', 'server.listen has a port beyond 65535'],
  ['server: { lsten: 127.0.0.1:7070 }', 'server.lsten is not a known key; did you mean listen?'],
  ['server: { token: "${TOKEN}", tokenFile: token }', 'server.tokenFile is given together with token'],
  ['server: { token: "${TOKEN} x" }', 'server.token is not in the right form'],
  ['server: { token: "" }', 'server.token is empty'],
  ['server: { token: 12345678 }', 'server.token is not text; put it in quotes'],
  ['server: { tokenFile: nowhere }', 'server.tokenFile names a file that cannot be read (ENOENT)'],
  ['server: { tokenFile: empty }', 'server.tokenFile names a file that is empty'],
  ['server: { tokenFile: words }', 'server.tokenFile names a file that does not contain a token'],
  ['server: on', 'server is not in the right form; expected a section with keys, or off'],
])('%s is refused: %s', async (server, wanted) => {
  expect(await mistakeOf(server)).toContain(wanted)
})

it.each(['127.0.0.1', '127.1.2.3', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost', 'LocalHost.'])(
  '%s is loopback',
  (host) => {
    expect(isLoopback(host)).toBe(true)
  },
)

it.each([
  '0.0.0.0',
  '::',
  '10.0.0.1',
  '::ffff:10.0.0.1',
  '127.0.0.1.example',
  'localhost.example',
  'db.localhost',
  'db',
  '',
])('"%s" is not', (host) => {
  expect(isLoopback(host)).toBe(false)
})
