// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so the variables of the configuration are written
import { expect, it } from 'vitest'
import { textsOf } from '../../test/support/fix-script.ts'
import { scrub } from '../cli/terminal/scrub.ts'
import { OffbeatError } from '../model/error.ts'
import { SOURCES } from '../sources/registry.ts'
import type { Config } from './config.ts'
import type { FileRights } from './file-rights.ts'
import { type LoadOptions, loadConfig, SMALLEST_CONFIG } from './load-config.ts'

interface Setting {
  readonly env?: LoadOptions['env']
  readonly path?: string
  /** Beside the configuration, by absolute path. */
  readonly files?: Readonly<Record<string, string>>
  /** Of those of `files` that are for more than their owner. */
  readonly rights?: Readonly<Record<string, FileRights>>
}

function load(text: string, setting: Setting = {}): Promise<Config> {
  const files: Readonly<Record<string, string>> = { '/etc/offbeat/offbeat.yaml': text, ...setting.files }
  return loadConfig({
    path: setting.path,
    workingDirectory: '/etc/offbeat',
    env: setting.env ?? {},
    registry: SOURCES,
    rightsOf: async (path) => setting.rights?.[path] ?? { mode: 0o100600, owner: 1000 },
    readFile: (path) => {
      const content = files[path]
      const missing = Object.assign(new Error(`no such file ${path}`), { code: 'ENOENT' })
      return content === undefined ? Promise.reject(missing) : Promise.resolve(content)
    },
  })
}

async function failure(text: string, setting: Setting = {}): Promise<OffbeatError> {
  const thrown: unknown = await load(text, setting).catch((error: unknown) => error)
  if (thrown instanceof OffbeatError) return thrown
  throw new Error('was to fail with an OffbeatError', { cause: thrown })
}

/** The lines of the message after the first. */
async function mistakes(text: string, setting: Setting = {}): Promise<readonly string[]> {
  const { message } = await failure(text, setting)
  // The last net under what is printed takes nothing of our own words for a secret.
  expect(scrub(message)).toBe(message)
  return message.split('\n').slice(1)
}

it('takes the smallest file', async () => {
  const config = await load(SMALLEST_CONFIG, { env: { SHOP_PASSWORD: 'p@ss/w:ord' } })
  expect(config).toMatchObject({
    path: '/etc/offbeat/offbeat.yaml',
    sources: [{ name: 'shop', kind: 'postgresql', config: { slot: 'streamkap_pgoutput_slot' } }],
    sink: { kind: 'sqlite', path: '/etc/offbeat/offbeat.db', retain: { ageMs: 604_800_000, messages: 10_000_000 } },
    health: { atRisk: { runwaySeconds: 86_400, usedRatio: 0.8 } },
    log: { level: 'info' },
    warnings: [],
  })
  expect(config.sources[0]?.config.connection.password?.reveal()).toBe('p@ss/w:ord')
})

it('takes the file of interface.md, but for what comes later', async () => {
  const config = await load(
    `sources:
  shop:
    kind: postgresql
    url: postgresql://streamkap_user:\${SHOP_PASSWORD}@db.example:5432/shop
    tls: { mode: verify-full, ca: /etc/ssl/ca.pem }
    tables: [public.orders, "sales.*"]
    exclude: [public.audit]
    readOnly: false
    heartbeat:
      interval: 1m
      connector: { interval: 30s }
      source: { interval: 1m, schema: streamkap, table: streamkap_heartbeat, mode: table }
    truncates: off
    slot: streamkap_pgoutput_slot
    publication: streamkap_pub
sink: { kind: sqlite, path: offbeat.db }
health: { atRisk: { runway: 24h, used: 80% } }
log: { level: info }
`,
    { env: { SHOP_PASSWORD: 'x' }, files: { '/etc/ssl/ca.pem': 'PEM' } },
  )
  expect(config.sources[0]?.config).toMatchObject({
    tables: ['public.orders', 'sales.*'],
    exclude: ['public.audit'],
    heartbeat: { connector: { intervalMs: 30_000 }, source: { intervalMs: 60_000 } },
    connection: { tls: { mode: 'verify-full', ca: '/etc/ssl/ca.pem' } },
  })
})

it('starts relative paths at the folder of the file', async () => {
  const text = `sources:
  shop: { kind: postgresql, host: localhost, user: u, database: d, passwordFile: pw, tls: { mode: verify-ca, ca: tls/ca.pem } }
sink: { kind: discard, offsets: data/offsets.db }
`
  const files = { '/srv/o.yaml': text, '/srv/pw': 'secret word\n', '/srv/tls/ca.pem': 'PEM' }
  const config = await load('', { path: '/srv/o.yaml', files })
  const connection = config.sources[0]?.config.connection
  expect(connection?.password?.reveal()).toBe('secret word')
  expect(connection?.passwordFile).toMatch(/^\/.*pw$/u)
  expect(connection?.tls.ca).toBe('/srv/tls/ca.pem')
  expect(config.sink).toEqual({ kind: 'discard', offsets: '/srv/data/offsets.db' })
})

const SECRET_FILES = `sources:
  shop:
    kind: postgresql
    host: h
    user: u
    database: d
    passwordFile: pw
    tls: { mode: require, cert: c.pem, key: k.pem }
server: { tokenFile: token }
`

it.each([
  ['one’s own for oneself alone', 0o100600, 1000, false],
  ['read alone', 0o100400, 1000, false],
  ['one’s own for the group', 0o100640, 1000, true],
  ['one’s own for all', 0o100604, 1000, true],
  ['root’s for the group', 0o100640, 0, false],
  ['root’s for all', 0o100644, 0, true],
  ['root’s that the group may write', 0o100660, 0, true],
])('as libpq, takes no private key that others may use: %s', async (_name, mode, owner, refused) => {
  const text = { '/o.yaml': SECRET_FILES, '/pw': 'p', '/c.pem': 'C', '/k.pem': 'K', '/token': 'x'.repeat(20) }
  const shown = mode.toString(8).slice(2)
  const key = { path: '/o.yaml', files: text, rights: { '/k.pem': { mode, owner } } }
  if (refused) {
    expect(await mistakes('', key)).toEqual([
      `/o.yaml:8:45 sources.shop.tls.key names a private key that others can read (mode ${shown}); expected mode 0600 or less, or 0640 where root owns it: chmod 600 /k.pem; found "k.pem"`,
    ])
  } else expect((await load('', key)).warnings).toEqual([])
  // A secret that is mounted is often for all to read: it is taken, and said.
  const rights = { '/pw': { mode, owner }, '/token': { mode, owner } }
  const { warnings } = await load('', { path: '/o.yaml', files: text, rights })
  expect(warnings.map(({ path, message }) => `${path} ${message}`)).toEqual(
    refused
      ? ['sources.shop.passwordFile', 'server.tokenFile'].map(
          (path) => `${path} names a file that others can read (mode ${shown})`,
        )
      : [],
  )
})

it.each([
  ['a password in the URL', 'url: postgresql://u:secret@h/d', 'sources.shop.url'],
  ['a default that is a password', 'url: "postgresql://u:${P:-secret}@h/d"', 'sources.shop.url'],
  ['a password beside a host', 'host: h, user: u, database: d, password: secret', 'sources.shop.password'],
  [
    'a password of the primary',
    'url: postgresql://u@h/d, readOnly: true, primary: { url: "postgresql://u:secret@h/d" }',
    'sources.shop.primary.url',
  ],
  ['a password from a variable', 'url: "postgresql://u:${V}@h/d"', null],
  ['a URL from a variable', 'url: "${URL}"', null],
  ['a user and no password', 'url: postgresql://u@h:5432/d', null],
])('warns of a secret in a configuration file that others can read: %s', async (_name, entry, where) => {
  const text = `sources: { shop: { kind: postgresql, ${entry} } }`
  const env = { V: 'secret', URL: 'postgresql://u:secret@h/d' }
  const memory = { path: '/o.yaml', files: { '/o.yaml': text }, env }
  for (const [mode, owner, isOpen] of [
    [0o100644, 1000, true],
    [0o100600, 1000, false],
    [0o100640, 1000, true],
    [0o100640, 0, false],
  ] as const) {
    const { warnings, exposed } = await load('', { ...memory, rights: { '/o.yaml': { mode, owner } } })
    expect(exposed.map(({ path }) => path)).toEqual(isOpen && where !== null ? [where] : [])
    expect(warnings).toEqual(expect.arrayContaining([...exposed]))
    expect(JSON.stringify(warnings)).not.toContain('secret@')
  }
})

it('warns of a token in a configuration file that others can read', async () => {
  const files = { '/o.yaml': `${SMALLEST_CONFIG}server: { token: 0123456789abcdef }\n` }
  const rights = { '/o.yaml': { mode: 0o100644, owner: 1000 } }
  const { exposed } = await load('', { path: '/o.yaml', files, rights, env: { SHOP_PASSWORD: 'x' } })
  expect(exposed.map(({ path, message }) => `${path} ${message}`)).toEqual([
    'server.token contains a secret in a file that others can read (mode 0644)',
  ])
})

it('takes the path from --config, else OFFBEAT_CONFIG, else offbeat.yaml', async () => {
  const env = { OFFBEAT_CONFIG: 'other.yaml', SHOP_PASSWORD: 'x' }
  const files = { '/etc/offbeat/other.yaml': SMALLEST_CONFIG, '/a.yaml': SMALLEST_CONFIG }
  expect((await load('', { env, files })).path).toBe('/etc/offbeat/other.yaml')
  expect((await load('', { env, files, path: '/a.yaml' })).path).toBe('/a.yaml')
})

it('says what to do where there is no file', async () => {
  const error = await failure('', { path: 'nope.yaml' })
  expect(error).toMatchObject({
    code: 'CONFIG_UNREADABLE',
    message: 'There is no configuration file /etc/offbeat/nope.yaml.',
    expected: 'a file given by --config or OFFBEAT_CONFIG, else offbeat.yaml in the working directory',
  })
  expect(textsOf(error.fix).join()).toContain(SMALLEST_CONFIG.trimEnd())
})

it('reports all mistakes of a file at once, each with its location', async () => {
  const text = `sources:
  shop:
    kind: postgresql
    url: postgresql://u:\${NOPE}@h/db
    hsot: x
    tables: orders
    heartbeat: { interval: 60, connector: { interval: 0s }, source: { mode: table, every: 1m } }
    tls: { mode: prefer, cert: c.pem }
    slot: A-B
    truncates: yes
    readOnly: true
    primary: { url: x }
  "a b": { kind: oracle }
  c: { kind: postgres }
  d:
    kind: postgresql
    host: h
    hosts: []
    port: "\${PORT}0"
    user: u
    password: 123
    passwordFile: nope
    publication: ''
  e: { url: "postgresql://u@h/d" }
  f:
sink: { kind: kafka }
server: { listen: 1 }
health: { atRisk: { used: 0.8, runway: 1 } }
log: { level: trace }
lgo: 1
`
  expect(await mistakes(text, { env: { PORT: '5432' } })).toMatchInlineSnapshot(`
    [
      "offbeat.yaml:4:25 sources.shop.url needs the environment variable NOPE, which is not set; expected NOPE in the environment, or a default: \${NOPE:-default}",
      "offbeat.yaml:5:5 sources.shop.hsot is not a known key; did you mean host?",
      "offbeat.yaml:6:13 sources.shop.tables is not in the right form; expected a list, such as [one, two]; found "orders"",
      "offbeat.yaml:7:28 sources.shop.heartbeat.interval has no unit; expected a number with its unit, such as 500ms, 30s, 1m, 24h or 3d; found 60",
      "offbeat.yaml:7:55 sources.shop.heartbeat.connector.interval is zero or less: there would be no heartbeat and the offset would go stale; write \`off\` to turn a layer off; expected a number with its unit, such as 500ms, 30s, 1m, 24h or 3d; found "0s"",
      "offbeat.yaml:7:77 sources.shop.heartbeat.source.mode updates a row at every heartbeat, and readOnly forbids writing; expected job or off; found "table"",
      "offbeat.yaml:7:84 sources.shop.heartbeat.source.every is not a known key; expected interval, schema, table, mode, deliver or by",
      "offbeat.yaml:8:18 sources.shop.tls.mode can silently fall back to no encryption, so it is not supported; use disable, or require or stricter; expected disable, require, verify-ca or verify-full; found "prefer"",
      "offbeat.yaml:8:32 sources.shop.tls.cert is given without tls.key; expected both or neither; found "c.pem"",
      "offbeat.yaml:9:11 sources.shop.slot is not in the right form; expected 1 to 63 lower-case letters, digits and underscores, as PostgreSQL requires for a slot; found "A-B"",
      "offbeat.yaml:10:16 sources.shop.truncates is neither on nor off; expected on or off; found "yes"",
      "offbeat.yaml:12:21 sources.shop.primary.url does not begin with postgresql:// or postgres://; expected postgresql://user:password@host:port/database",
      "offbeat.yaml:13:3 sources.a b is not a name for a source; expected 1 to 64 letters, digits, underscores and hyphens, because topics and metrics contain it",
      "offbeat.yaml:13:18 sources.a b.kind is not in this version; what can be captured is postgresql, mysql, mariadb or mongodb; expected postgresql, mysql, mariadb or mongodb; found "oracle"",
      "offbeat.yaml:14:14 sources.c.kind is not one of the choices; expected postgresql, mysql, mariadb or mongodb; found "postgres"",
      "offbeat.yaml:15:3 sources.d.database is missing; expected host, database and user where there is no url",
      "offbeat.yaml:18:12 sources.d.hosts is empty; remove it or give one; found a list",
      "offbeat.yaml:18:12 sources.d.hosts is given together with host; expected one of the two; found a list",
      "offbeat.yaml:21:15 sources.d.password is not text; put it in quotes; expected a password, best from an environment variable",
      "offbeat.yaml:22:19 sources.d.passwordFile is given together with password; expected one of the two; found "nope"",
      "offbeat.yaml:23:18 sources.d.publication is empty; expected the name of a publication, 1 to 63 bytes; found """,
      "offbeat.yaml:24:3 sources.e.kind is missing; expected postgresql, mysql, mariadb or mongodb",
      "offbeat.yaml:25:5 sources.f is not a source; expected a section with kind and url; found nothing",
      "offbeat.yaml:26:15 sink.kind is not in this version; Kafka comes later; expected sqlite, stdout or discard; found "kafka"",
      "offbeat.yaml:27:19 server.listen has no host; expected host:port, such as 127.0.0.1:7070, localhost:7070, "[::1]:7070" or 0.0.0.0:7070; port 0: any free one; found 1",
      "offbeat.yaml:28:27 health.atRisk.used is not a share in percent; expected a share above 0% and up to 100%, such as 80%; found 0.8",
      "offbeat.yaml:28:40 health.atRisk.runway has no unit; expected a number with its unit, such as 500ms, 30s, 1m, 24h or 3d; found 1",
      "offbeat.yaml:29:15 log.level is not one of the choices; expected debug, info, warn or error; found "trace"",
      "offbeat.yaml:30:1 lgo is not a known key; did you mean log?",
    ]
  `)
})

const shop = (rest: string): string =>
  `sources:\n  shop:\n    kind: postgresql\n    url: postgresql://u:p@localhost/d\n${rest}`

it.each([
  ['    host: h\n    database: d'],
  ['    password: x\n    passwordFile: y'],
  ['    tls: { mode: disable, ca: x, servername: y }'],
  ['    tls: { mode: require, ca: x }'],
  ['    tls: { mode: allow }'],
  ['    tls: on'],
  ['    heartbeat: off'],
  ['    heartbeat: { connector: on, source: no }'],
  ['    heartbeat: { source: { mode: message, interval: -5s } }'],
  ['    heartbeat: { interval: 50ms, connector: { interval: 2d } }'],
  ['    heartbeat: { interval: 5m, connector: off, source: off }'],
  ['    heartbeat: { source: { mode: off, interval: 5m } }'],
  ['    heartbeat: { source: { deliver: maybe } }'],
  ['    tables: [1, "", [x]]'],
  ['    tables: [a.b.c, \'"x\', " a", a..b]\n    exclude: [\'x"y"\']'],
  ['    slot: 7'],
  [`    slot: ${'x'.repeat(64)}`],
  ['    readonly: true'],
  ['    readOnly: true\n    heartbeat: { source: { mode: table } }'],
  ['    readOnly: true\n    heartbeat: { source: { mode: message } }'],
  ['    readOnly: maybe\n    heartbeat: { source: { mode: cron } }'],
  ['    primary: { url: "postgresql://u:p@h/d" }'],
  ['    readOnly: true\n    primary: { url: x, host: y, slot: z }'],
  ['    readOnly: true\n    primary: off'],
  ['    readOnly: true\n    primary: { host: h, passwordFile: nope, tls: { mode: prefer, key: k } }'],
  ['    failover: maybe'],
  ['    heartbeat:\nsink:'],
  ['sink: { path: x }'],
  ['sink: { kind: stdout, path: x }'],
  ['sink: { kind: sqlite, retain: { age: 5, messages: 0 } }'],
  ['health: { atRisk: { used: 0%, runway: -1h } }'],
])('%s', async (rest) => {
  expect(await mistakes(shop(rest))).toMatchSnapshot()
})

it.each([
  ['nothing', ''],
  ['a list', '- 1'],
  ['no sources', 'log: { level: info }'],
  ['empty sources', 'sources:'],
  ['no source', 'sources: {}'],
  ['a source that is a list', 'sources: { a: [] }'],
  ['no way to connect', 'sources:\n  a: { kind: postgresql }'],
  ['half a way to connect', 'sources:\n  a: { kind: postgresql, host: "h:1", port: 2 }'],
  ['a url without user and database', 'sources:\n  a: { kind: postgresql, url: "postgresql://h" }'],
  ['a url of another kind', 'sources:\n  a: { kind: postgresql, url: "mysql://u:p@h/d" }'],
  [
    'what libpq knows and we do not',
    'sources:\n  a: { kind: postgresql, url: "postgresql://u:p@h/d?ssl=true&sslmode=prefer&connect_timeout=3&huh=1" }',
  ],
  [
    'the mode of TLS twice',
    'sources:\n  a: { kind: postgresql, url: "postgresql://u:p@h/d?sslmode=require", tls: { mode: require } }',
  ],
  ['a name that JavaScript knows', 'sources:\n  __proto__: { kind: toString }\n  constructor: { kind: constructor }'],
])('%s', async (_, text) => {
  expect(await mistakes(text)).toMatchSnapshot()
})

it.each([
  ['a variable in braces', 'sources:\n  a: { kind: postgresql, url: postgresql://u:${PW}@h/d }'],
  ['a star as an alias, and a tab', 'sources:\n  a:\n    kind: postgresql\n    tables: [*]\n\turl: x'],
  ['an at sign, and no closing quote', 'sources:\n  a:\n    kind: postgresql\n    password: @hunter2\n    url: "abc'],
  [
    'a key twice',
    'log: { level: info }\nsources: { a: { kind: postgresql, url: "postgresql://u@h/d", slot: x, slot: Y } }\nlog: {}',
  ],
  ['a tag', 'sources: !secret x'],
  ['two documents', 'sources: {}\n---\nsources: {}'],
  ['a key that is a list', 'sources: { ? [a] : b }'],
  ['a wrong indent', 'sources:\n  a:\n    kind: postgresql\n   url: x'],
  ['two colons', 'sources:\n  a: kind: postgresql'],
  ['a bad escape', 'sources:\n  a: "\\hunter2"'],
  [
    'too many aliases',
    'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]',
  ],
])('YAML: %s', async (_, text) => {
  expect(await mistakes(text)).toMatchSnapshot()
})

it('lets sources share what an anchor holds, and finds the location of a mistake in it', async () => {
  const text = `sources:
  a: { kind: postgresql, url: "postgresql://u@localhost/d", heartbeat: &beat { interval: 5m } }
  b: { kind: postgresql, url: "postgresql://u@localhost/d", slot: b, heartbeat: *beat }
`
  const config = await load(text)
  expect(config.sources.map((source) => source.config.heartbeat.source.intervalMs)).toEqual([300_000, 300_000])
  expect(await mistakes(text.replace('5m', '5x'))).toEqual([
    expect.stringContaining('offbeat.yaml:2:90 sources.a.heartbeat.interval is not a duration'),
    expect.stringContaining('offbeat.yaml:2:90 sources.b.heartbeat.interval is not a duration'),
  ])
})

it('refuses one server id for two sources of one server, and lets each derive its own', async () => {
  const text = `sources:
  a: { kind: mysql, url: "mysql://u@h", serverId: 7 }
  b: { kind: mysql, url: "mysql://u@H:3306", serverId: "7" }
  c: { kind: mysql, url: "mysql://u@h" }
  d: { kind: mysql, url: "mysql://u@h" }
  e: { kind: mysql, url: "mysql://u@h", serverId: 4294967296 }
`
  expect(await mistakes(text)).toEqual([
    'offbeat.yaml:3:56 sources.b.serverId is the same serverId on the same server as that of source a; the server would end the stream of one whenever the other one connects; expected another serverId; found "7"',
    'offbeat.yaml:6:51 sources.e.serverId is out of range; expected a number from 1 to 4294967295; found 4294967296',
  ])
})

it('refuses one slot for two sources on one server, whatever the database', async () => {
  const text = `sources:
  a: { kind: postgresql, url: "postgresql://u@H1,h2:5433/x", slot: s }
  b: { kind: postgresql, url: "postgresql://u@h2:5433/y", slot: s }
  c: { kind: postgresql, url: "postgresql://u@h2:5434/y", slot: s }
  d: { kind: postgresql, url: "postgresql://u@h1/y", slot: s }
`
  expect(await mistakes(text)).toEqual([
    'offbeat.yaml:3:65 sources.b.slot is the same slot on the same server as that of source a; each would miss the changes that the other one reads; expected another slot; found "s"',
    'offbeat.yaml:5:60 sources.d.slot is the same slot on the same server as that of source a; each would miss the changes that the other one reads; expected another slot; found "s"',
  ])
})

it('names files that cannot be read', async () => {
  const text = `sources:
  a: { kind: postgresql, host: h, user: u, database: d, passwordFile: pw, tls: { ca: ca.pem } }
  b: { kind: postgresql, url: "postgresql://u:p@h/d?sslmode=verify-ca&sslrootcert=x.pem", slot: b }
  c: { kind: postgresql, url: "postgresql://u@h/d", passwordFile: empty, slot: c }
`
  expect(await mistakes(text, { files: { '/etc/offbeat/empty': '\n' } })).toMatchInlineSnapshot(`
    [
      "offbeat.yaml:2:71 sources.a.passwordFile names a file that cannot be read (ENOENT); expected a readable file; a relative path starts at the configuration file's folder; found "pw"",
      "offbeat.yaml:2:86 sources.a.tls.ca names a file that cannot be read (ENOENT); expected a readable file; a relative path starts at the configuration file's folder; found "ca.pem"",
      "offbeat.yaml:3:31 sources.b.url names a file that cannot be read (ENOENT); expected a readable file; a relative path starts at the configuration file's folder",
      "offbeat.yaml:4:67 sources.c.passwordFile names a file that is empty; expected a file with only the password; found "empty"",
    ]
  `)
})

it('warns of what is allowed and unwise', async () => {
  const text = `sources:
  a: { kind: postgresql, url: "postgresql://u@h/d", heartbeat: { connector: off, source: off } }
  b: { kind: postgresql, url: "postgresql://u@h/d", slot: b, heartbeat: { interval: 2h, source: { interval: 3h } } }
`
  const { warnings } = await load(text)
  expect(
    warnings.map(({ line, column, path, message }) => `${line}:${column} ${path} ${message}`),
  ).toMatchInlineSnapshot(`
    [
      "2:90 sources.a.heartbeat.source turns source heartbeats off: on a quiet database the log can be retained or removed although the connector looks healthy",
      "2:77 sources.a.heartbeat.connector turns connector heartbeats off: the offset goes stale while no watched row changes",
      "3:85 sources.b.heartbeat.interval lets layer 1 beat less than once an hour: a fault is detected after 6h at the earliest",
      "3:109 sources.b.heartbeat.source.interval lets layer 2 beat less than once an hour: a fault is detected after 9h at the earliest",
    ]
  `)
})

it('gives the mistakes to machines too', async () => {
  const error = await failure(shop('    slot: A'))
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', retry: false, kind: 'configuration' })
  expect(error.details).toEqual({
    path: '/etc/offbeat/offbeat.yaml',
    mistakes: [
      {
        path: 'sources.shop.slot',
        line: 5,
        column: 11,
        message: 'is not in the right form',
        expected: '1 to 63 lower-case letters, digits and underscores, as PostgreSQL requires for a slot',
        found: '"A"',
      },
    ],
  })
})
