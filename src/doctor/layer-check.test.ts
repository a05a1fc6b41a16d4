import { expect, test } from 'vitest'
import { type Fix, forPerson, inDatabase, query } from '../model/fix.ts'
import type { StoredOffset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import { advice, findingsOf, manual, type Signs } from '../sources/check.ts'
import type { HeartbeatMode, SourceConfig } from '../sources/source-config.ts'
import { LAYER_CHECKS, type LayerEvidence } from './layer-check.ts'

const NOW = 10_000_000
const MINUTE = 60_000

function configOf(mode: HeartbeatMode = 'table', layer1 = true): SourceConfig {
  return {
    kind: 'postgresql',
    connection: {
      hosts: [],
      database: 'shop',
      user: 'u',
      password: null,
      tls: { mode: 'disable', ca: null, cert: null, key: null, servername: null },
    },
    tables: [],
    exclude: [],
    truncates: false,
    readOnly: false,
    primary: null,
    disk: null,
    heartbeat: {
      connector: layer1 ? { intervalMs: MINUTE } : null,
      source: {
        mode,
        by: mode === 'job' ? 'database' : null,
        intervalMs: MINUTE,
        schema: 's',
        table: 't',
        deliver: false,
      },
    },
  }
}

function offsetAt(atMs: number): StoredOffset {
  return { position: '0/1', server: null, memory: {}, moved: { by: 'progress', why: '', atMs } }
}

function pulseAt(seenAtMs: number | null): Pulse {
  return {
    nonce: 'n',
    writtenAtMs: NOW,
    seenAtMs,
    deliveredAtMs: null,
    storedAtMs: null,
    acknowledgedAtMs: null,
    committedAtMs: null,
    failedCode: null,
  }
}

const NONE: Signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }
const RUNNING: Signs = { ...NONE, running: { sinceMs: 0 } }

function codes(signs: Signs, config = configOf()): Readonly<Record<string, string>> {
  const findings = findingsOf(LAYER_CHECKS, { source: 'shop', config, signs, nowMs: NOW, own: [] })
  return Object.fromEntries(findings.map(({ id, status, code }) => [id, code ?? status]))
}

test('without a connector nothing can be said of the layers, but an old offset is warned of', () => {
  expect(codes(NONE)).toEqual({
    'offbeat.connector': 'skip',
    'offbeat.layer-1': 'skip',
    'offbeat.layer-2': 'skip',
    'offbeat.offset': 'skip',
  })
  expect(codes({ ...NONE, offset: offsetAt(NOW - 4 * MINUTE) })).toMatchObject({ 'offbeat.offset': 'OFFSET_STALE' })
})

test('with a connector each layer that is silent for three intervals is reported', () => {
  expect(
    codes({ ...RUNNING, offset: offsetAt(NOW - 4 * MINUTE), pulses: [pulseAt(null), pulseAt(NOW - 4 * MINUTE)] }),
  ).toEqual({
    'offbeat.layer-1': 'LAYER_1_SILENT',
    'offbeat.layer-2': 'LAYER_2_SILENT',
    'offbeat.offset': 'OFFSET_STALE',
  })
  expect(
    codes({ ...RUNNING, offset: offsetAt(NOW - MINUTE), pulses: [pulseAt(null), pulseAt(NOW - MINUTE)] }),
  ).toMatchObject({
    'offbeat.layer-2': 'ok',
    'offbeat.offset': 'ok',
  })
})

test('of a connector that has just started nothing is said, neither that a layer is silent nor that it is ok', () => {
  const signs = { ...RUNNING, running: { sinceMs: NOW - MINUTE }, offset: offsetAt(0) }
  expect(codes(signs)).toEqual({ 'offbeat.layer-1': 'skip', 'offbeat.layer-2': 'skip', 'offbeat.offset': 'skip' })
})

test('an offset at the end of the log is well, however long it has stood there, by the word of a connector that runs', () => {
  const saidAt = (atMs: number, lagBytes: number) =>
    ({
      status: {
        connector: { failed: null, retrying: null },
        offset: { behind: lagBytes === 0 ? 'no' : 'yes' },
        heartbeat: { connector: { at: null } },
      },
      atMs,
    }) as unknown as Signs['status']
  const signs = { ...RUNNING, offset: offsetAt(0), pulses: [pulseAt(NOW)] }
  expect(codes({ ...signs, status: saidAt(NOW, 0) })).toMatchObject({ 'offbeat.offset': 'ok' })
  for (const stale of [saidAt(NOW, 1), saidAt(NOW - 4 * MINUTE, 0)])
    expect(codes({ ...signs, status: stale })).toMatchObject({ 'offbeat.offset': 'OFFSET_STALE' })
  expect(codes({ ...signs, running: null, status: saidAt(NOW, 0) })).toMatchObject({ 'offbeat.offset': 'OFFSET_STALE' })
})

test('what a running connector retries: an error that nobody knows at once, one that passes after a minute', () => {
  const check = (code: string, forMs: number, own: LayerEvidence['own'] = []) => {
    const since = new Date(NOW - forMs).toISOString()
    const retrying = {
      what: 'stream',
      code,
      message: 'it failed',
      found: 'a fact',
      fix: [query('SHOW a', 'a superuser')],
      since,
      attempts: 7,
    }
    const status = {
      status: {
        connector: { failed: null, retrying },
        heartbeat: { connector: { at: null }, source: { broken: null } },
      },
      atMs: NOW,
    } as unknown as Signs['status']
    const signs = { ...RUNNING, status, offset: offsetAt(NOW), pulses: [pulseAt(NOW)] }
    const findings = findingsOf(LAYER_CHECKS, { source: 'shop', config: configOf(), signs, nowMs: NOW, own })
    return findings.find(({ id }) => id === 'offbeat.connector')
  }
  const unknown = check('DATABASE_ERROR', 1000)
  expect(unknown).toMatchObject({ status: 'fail', code: 'CONNECTOR_RETRYING' })
  expect(unknown?.fix).toEqual([manual(query('SHOW a', 'a superuser'), '')])
  expect(check('DATABASE_UNREACHABLE', 1000)).toBeUndefined()
  const passing = check('DATABASE_UNREACHABLE', 12 * MINUTE)
  expect(passing).toMatchObject({
    status: 'warn',
    found: 'it has been retrying the stream for 12m, 7 attempts, because of DATABASE_UNREACHABLE: it failed (a fact)',
  })
  const own = [{ status: 'fail', symptom: null, code: 'DATABASE_ERROR' }] as const
  const twice = check('DATABASE_ERROR', 12 * MINUTE, own)
  expect(twice?.fix).toEqual([advice('fix DATABASE_ERROR, reported above')])
})

test('a layer that is off is warned of', () => {
  expect(codes(NONE, configOf('off', false))).toMatchObject({
    'offbeat.layer-1': 'LAYER_1_OFF',
    'offbeat.layer-2': 'LAYER_2_OFF',
  })
})

test('what fixes the broken hop can be copied as it stands', () => {
  const check = (fix: readonly Fix[], own: LayerEvidence['own'] = []) => {
    const broken = { hop: 'written', code: 'HEARTBEAT_DENIED', found: 'refused', fix }
    const status = {
      status: {
        connector: { failed: null, retrying: null },
        heartbeat: { connector: { at: null }, source: { broken } },
      },
      atMs: NOW,
    } as unknown as Signs['status']
    const evidence = { ...RUNNING, status, offset: offsetAt(NOW), pulses: [pulseAt(NOW - 4 * MINUTE)] }
    const findings = findingsOf(LAYER_CHECKS, { source: 'shop', config: configOf(), signs: evidence, nowMs: NOW, own })
    return findings.find(({ id }) => id === 'offbeat.layer-2')?.fix
  }
  const grant = inDatabase('GRANT a TO b', 'a superuser', { at: 'shop' })
  expect(check([grant, forPerson('restart it')])).toEqual([
    { ...grant, manualBecause: 'the connector reported it; run it yourself' },
    advice('restart it'),
  ])
  // What only keeps watched tables out of the stream does not keep a heartbeat out.
  const ofTables = { status: 'fail', symptom: 4, code: 'POSTGRES_TABLE_NOT_PUBLISHED', ofTables: true } as const
  expect(check([grant], [ofTables])).toEqual([
    { ...grant, manualBecause: 'the connector reported it; run it yourself' },
  ])
  // What another check has reported with its fix is not printed a second time.
  expect(check([grant], [{ status: 'fail', symptom: 2, code: 'HEARTBEAT_DENIED' }])).toEqual([
    advice('fix HEARTBEAT_DENIED, reported above'),
  ])
})

test('a lost position has its own choices: nothing is said of an old offset beside them', () => {
  const own = [{ status: 'fail', symptom: 5, code: 'POSTGRES_SLOT_MISSING' }] as const
  const about = { source: 'shop', config: configOf(), signs: { ...NONE, offset: offsetAt(0) }, nowMs: NOW }
  const ids = (evidence: LayerEvidence) => findingsOf(LAYER_CHECKS, evidence).map(({ id }) => id)
  expect(ids({ ...about, own: [] })).toContain('offbeat.offset')
  expect(ids({ ...about, own })).not.toContain('offbeat.offset')
})

test('layer 2 leads to the errors of the heartbeat table above, and repeats no statement of theirs', () => {
  const broken = {
    hop: 'seen',
    code: 'PULSE_NOT_SEEN',
    found: 'not seen',
    fix: [inDatabase('ALTER PUBLICATION p ADD TABLE h', '')],
  }
  const status = {
    status: { connector: { failed: null, retrying: null }, heartbeat: { connector: { at: null }, source: { broken } } },
    atMs: NOW,
  } as unknown as Signs['status']
  const own = [{ status: 'fail', symptom: 4, code: 'POSTGRES_HEARTBEAT_HIDDEN' }] as const
  const findings = findingsOf(LAYER_CHECKS, {
    source: 'shop',
    config: configOf(),
    signs: { ...RUNNING, status },
    nowMs: NOW,
    own,
  })
  expect(findings.find(({ id }) => id === 'offbeat.layer-2')?.fix).toEqual([
    advice('fix POSTGRES_HEARTBEAT_HIDDEN, reported above'),
  ])
})
