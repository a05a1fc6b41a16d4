import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadConfig } from '../config/load-config.ts'
import { asOffbeatError } from '../model/error.ts'
import type { HeartbeatDefaults } from './heartbeat-schema.ts'
import { SOURCES } from './registry.ts'
import type { HeartbeatConfig } from './source-config.ts'
import { sourceRegistry } from './source-registry.ts'
import { sourceConfig, sourceKeys } from './source-schema.ts'

const table = { schema: 's', table: 'h' }
const JOB_ALONE: HeartbeatDefaults = {
  ...table,
  modes: ['job', 'table', 'off'],
  readOnly: { modes: ['job', 'off'], because: 'a job outside writes the heartbeats of layer 2' },
  jobs: ['external'],
}
const NO_READ_ONLY_FORM: HeartbeatDefaults = {
  ...table,
  modes: ['table', 'off'],
  readOnly: { modes: ['off'], because: 'this database has no job that could write on the primary' },
  jobs: [],
}
const NEVER_OFF: HeartbeatDefaults = {
  ...table,
  modes: ['table', 'job', 'off'],
  readOnly: { modes: ['job'], because: 'its log moves only with heartbeats' },
  jobs: ['database'],
}

/** The heartbeats of a source with these defaults and these further keys of its entry, or the lines of what is wrong. */
async function heartbeats(
  heartbeat: HeartbeatDefaults,
  keys: string,
): Promise<HeartbeatConfig['source'] | readonly string[]> {
  const postgresql = await SOURCES.load('postgresql')
  const defaults = { ...postgresql.defaults, kind: 'quiet', schemes: ['quiet'], heartbeat }
  const schema = sourceConfig(defaults, z.strictObject(sourceKeys(defaults, {})), (common) => ({
    ...common,
    kind: 'quiet',
  }))
  const text = `sources:\n  a: { kind: quiet, url: "quiet://u@h/d", ${keys} }\n`
  try {
    const { sources } = await loadConfig({
      workingDirectory: '/',
      env: {},
      registry: sourceRegistry({ quiet: async () => ({ ...postgresql, kind: 'quiet', defaults, config: schema }) }),
      readFile: async () => text,
      rightsOf: async () => ({ mode: 0o600, owner: 0 }),
    })
    return sources[0]?.config.heartbeat.source ?? []
  } catch (thrown) {
    return asOffbeatError(thrown).message.split('\n').slice(1)
  }
}

it.each<[string, HeartbeatDefaults, string, object]>([
  ['the first mode is the default', JOB_ALONE, '', { mode: 'job', by: 'external' }],
  ['also with readOnly', JOB_ALONE, 'readOnly: true', { mode: 'job', by: 'external' }],
  ['another mode has no job', JOB_ALONE, 'heartbeat: { source: { mode: table } }', { mode: 'table', by: null }],
  ['the runner can be named', JOB_ALONE, 'heartbeat: { source: { by: external } }', { mode: 'job', by: 'external' }],
  ['a database without a job', NO_READ_ONLY_FORM, '', { mode: 'table', by: null }],
  [
    'readOnly with off written out',
    NO_READ_ONLY_FORM,
    'readOnly: true, heartbeat: { source: off }',
    { mode: 'off', by: null },
  ],
  ['off as a mode', NO_READ_ONLY_FORM, 'readOnly: on, heartbeat: { source: { mode: off } }', { mode: 'off' }],
  ['one that is never off', NEVER_OFF, 'readOnly: true', { mode: 'job', by: 'database' }],
])('%s', async (_, defaults, keys, expected) => {
  expect(await heartbeats(defaults, keys)).toMatchObject(expected)
})

describe('refuses, at its location in the file,', () => {
  it.each([
    [
      'a read-only connection that leaves no heartbeats',
      NO_READ_ONLY_FORM,
      'readOnly: true',
      'offbeat.yaml:2:53 sources.a.readOnly leaves no heartbeats of layer 2: this database has no job that could write on the primary; expected off, or heartbeat.source: off written out; found true',
    ],
    [
      'a mode that writes',
      NO_READ_ONLY_FORM,
      'readOnly: true, heartbeat: { source: { mode: table } }',
      'offbeat.yaml:2:88 sources.a.heartbeat.source.mode updates a row at every heartbeat, and readOnly forbids writing; expected off; found "table"',
    ],
    [
      'no heartbeats where the log needs them',
      NEVER_OFF,
      'readOnly: true, heartbeat: { source: off }',
      'offbeat.yaml:2:80 sources.a.heartbeat.source does not go with readOnly: its log moves only with heartbeats; expected job; found "off"',
    ],
    [
      'a mode that the database does not have',
      JOB_ALONE,
      'heartbeat: { source: { mode: message } }',
      'offbeat.yaml:2:72 sources.a.heartbeat.source.mode is not one of the choices; expected job, table or off; found "message"',
    ],
    [
      'a scheduler that the database does not have',
      JOB_ALONE,
      'heartbeat: { source: { by: database } }',
      'offbeat.yaml:2:70 sources.a.heartbeat.source.by is not possible: this database has no scheduler; expected external; found "database"',
    ],
    [
      'a job outside where it cannot be',
      NEVER_OFF,
      'heartbeat: { source: { mode: job, by: external } }',
      'offbeat.yaml:2:81 sources.a.heartbeat.source.by is not possible: the job has to run in this database; expected database; found "external"',
    ],
    [
      'a runner without a job',
      JOB_ALONE,
      'heartbeat: { source: { mode: table, by: external } }',
      'offbeat.yaml:2:83 sources.a.heartbeat.source.by has no effect without mode job; expected mode: job, or no such key; found "external"',
    ],
    [
      'a runner where there is no job at all',
      NO_READ_ONLY_FORM,
      'heartbeat: { source: { by: external } }',
      'offbeat.yaml:2:66 sources.a.heartbeat.source.by is not a known key; expected interval, schema, table, mode or deliver',
    ],
  ])('%s', async (_, defaults, keys, expected) => {
    expect(await heartbeats(defaults, keys)).toEqual([expected])
  })
})
