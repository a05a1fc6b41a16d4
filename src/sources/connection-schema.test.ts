import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadConfig } from '../config/load-config.ts'
import { asOffbeatError } from '../model/error.ts'
import type { ConnectionDefaults } from './connection-defaults.ts'
import { connectionWords } from './connection-words.ts'
import { SOURCES } from './registry.ts'
import type { ConnectionConfig } from './source-config.ts'
import { sourceRegistry } from './source-registry.ts'
import { sourceConfig, sourceKeys } from './source-schema.ts'

/** Neither database nor user is needed, and DNS can list the hosts. */
const DOCUMENTS: ConnectionDefaults = {
  schemes: ['doc', 'doc+srv'],
  dnsSchemes: ['doc+srv'],
  port: 27017,
  database: 'optional',
  user: 'optional',
  urlParameters: {
    known: {
      authSource: { sets: 'own' },
      tls: { sets: 'mode', values: { true: 'require', false: 'disable' } },
      tlsCAFile: { sets: 'ca' },
    },
    refused: { ssl: 'write tls=true' },
  },
}
/** A connection leads to the whole server. */
const SERVER: ConnectionDefaults = {
  schemes: ['srv'],
  port: 3306,
  database: 'none',
  user: 'required',
  urlParameters: { known: {}, refused: {} },
}

/** The connection of a source with these defaults and these keys of its entry, or the lines of what is wrong. */
async function connection(connecting: ConnectionDefaults, keys: string): Promise<ConnectionConfig | readonly string[]> {
  const postgresql = await SOURCES.load('postgresql')
  const defaults = { ...postgresql.defaults, ...connecting, kind: 'other' }
  const config = sourceConfig(defaults, z.strictObject(sourceKeys(defaults, {})), (common) => ({
    ...common,
    kind: 'other',
  }))
  try {
    const { sources } = await loadConfig({
      workingDirectory: '/',
      env: {},
      registry: sourceRegistry({ other: async () => ({ ...postgresql, kind: 'other', defaults, config }) }),
      readFile: async () => `sources:\n  a: { kind: other, ${keys} }\n`,
      rightsOf: async () => ({ mode: 0o600, owner: 0 }),
    })
    return sources[0]?.config.connection ?? []
  } catch (thrown) {
    return asOffbeatError(thrown).message.split('\n').slice(1)
  }
}

it.each<[string, ConnectionDefaults, string, object, string]>([
  [
    'neither database nor user',
    DOCUMENTS,
    'url: "doc://a,b:7"',
    {
      hosts: [
        { host: 'a', port: 27017 },
        { host: 'b', port: 7 },
      ],
      database: null,
      user: null,
    },
    'a:27017 or b:7',
  ],
  [
    'hosts that DNS lists',
    DOCUMENTS,
    'url: "doc+srv://u@cluster.example/admin"',
    { hosts: [{ host: 'cluster.example', port: null }], database: 'admin', user: 'u', tls: { mode: 'verify-full' } },
    'admin on cluster.example',
  ],
  [
    'parameters of its own beside those of TLS',
    DOCUMENTS,
    'url: "doc://h?authSource=admin&tls=false"',
    { parameters: { authSource: 'admin' }, tls: { mode: 'disable' } },
    'h:27017',
  ],
  ['host alone', DOCUMENTS, 'host: h', { database: null, user: null }, 'h:27017'],
  ['host and user', SERVER, 'host: h, user: u', { hosts: [{ host: 'h', port: 3306 }], database: null }, 'h:3306'],
])('takes %s', async (_, defaults, keys, expected, words) => {
  const found = await connection(defaults, keys)
  expect(found).toMatchObject(expected)
  expect('hosts' in found ? connectionWords(found) : null).toBe(words)
})

describe('refuses, at its location in the file,', () => {
  it.each([
    [
      'a database in the URL of a whole server',
      SERVER,
      'url: "srv://u@h/d"',
      'offbeat.yaml:2:26 sources.a.url has a database, and the connection is to the whole server; name the database in tables instead, as in ["shop.*"]; expected srv://user:password@host:port',
    ],
    [
      'the key of one',
      SERVER,
      'host: h, user: u, database: d',
      'offbeat.yaml:2:49 sources.a.database has no meaning: the connection is to the whole server; expected no such key; found "d"',
    ],
    [
      'a missing user',
      SERVER,
      'host: h',
      'offbeat.yaml:2:3 sources.a.user is missing; expected host and user where there is no url',
    ],
    [
      'a key beside the url',
      SERVER,
      'url: "srv://u@h", user: u',
      'offbeat.yaml:2:45 sources.a.user is given together with url; expected url alone, or host, port and user without it; found "u"',
    ],
    [
      'nothing to connect to',
      DOCUMENTS,
      'tables: []',
      'offbeat.yaml:2:3 sources.a.url is missing; expected url, or host',
    ],
    [
      'a port beside what DNS lists',
      DOCUMENTS,
      'url: "doc+srv://h:1"',
      'offbeat.yaml:2:26 sources.a.url has a port, which DNS gives; expected doc://[user:password@]host:port[/database]',
    ],
    [
      'a parameter of another database',
      DOCUMENTS,
      'url: "doc://h?sslmode=require"',
      'offbeat.yaml:2:26 sources.a.url has an unknown parameter; expected no other parameter than authSource, tls, tlsCAFile',
    ],
    [
      'a parameter where there are none',
      SERVER,
      'url: "srv://u@h?x=y"',
      'offbeat.yaml:2:26 sources.a.url has an unknown parameter; expected no parameter',
    ],
    [
      'a parameter that has another name here',
      DOCUMENTS,
      'url: "doc://h?ssl=true"',
      'offbeat.yaml:2:26 sources.a.url has the parameter ssl; write tls=true; expected no other parameter than authSource, tls, tlsCAFile',
    ],
    [
      'a value of TLS that is not known',
      DOCUMENTS,
      'url: "doc://h?tls=maybe"',
      'offbeat.yaml:2:26 sources.a.url has tls with a value that is not known; expected true, false',
    ],
    [
      'a parameter given twice',
      DOCUMENTS,
      'url: "doc://h?authSource=a&authSource=b"',
      'offbeat.yaml:2:26 sources.a.url has authSource, which is given a second time (twice in the URL); expected one of the two',
    ],
    [
      'what the file has too',
      DOCUMENTS,
      'tls: { ca: x.pem, mode: verify-ca }, url: "doc://h?tlsCAFile=y.pem"',
      'offbeat.yaml:2:63 sources.a.url has tlsCAFile, which is given a second time (tls.ca, or twice in the URL); expected one of the two',
    ],
  ])('%s', async (_, defaults, keys, expected) => {
    expect(await connection(defaults, keys)).toEqual([expected])
  })
})
