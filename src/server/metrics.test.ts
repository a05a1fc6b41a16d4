import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { ask, type HttpBoard, openHttpBoard, SAMPLE, statusOf } from '../../test/support/http-board.ts'
import { lintMetrics, samplesIn } from '../../test/support/metrics-lint.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import type { Pulse } from '../model/pulse.ts'

const PULSE: Pulse = {
  nonce: 'offbeat:shop:1',
  writtenAtMs: 1000,
  seenAtMs: 1041,
  deliveredAtMs: 1042,
  storedAtMs: 1043,
  acknowledgedAtMs: null,
  committedAtMs: null,
  failedCode: null,
}

/** A board with data for every metric. */
function fill({ board }: HttpBoard): void {
  const broken = { hop: 'seen', code: 'PULSE_NOT_SEEN', found: 'x', fix: [] } as const
  const plain = statusOf('shop', { lastChangeAt: '2026-01-01T00:00:01.500Z' })
  const heartbeat = { ...plain.heartbeat, source: { ...plain.heartbeat.source, broken } }
  board.journaled({ type: 'status', source: 'shop', status: { ...plain, heartbeat }, atMs: 1 })
  board.journaled({ type: 'sample', source: 'shop', sample: SAMPLE })
  board.streaming('shop')
  board.retrying('stock', 'DATABASE_UNREACHABLE', { code: 'DATABASE_UNREACHABLE' })
  board.retrying('stock', 'DATABASE_UNREACHABLE', { code: 'DATABASE_UNREACHABLE' })
  // One hop at a time, as the tracker reports it.
  board.pulse('shop', { ...PULSE, seenAtMs: null })
  board.pulse('shop', PULSE)
  board.pulse('shop', { ...PULSE, acknowledgedAtMs: 1050 })
  board.pulse('shop', { ...PULSE, writtenAtMs: null, seenAtMs: null, failedCode: 'POSTGRES_READ_ONLY' })
}

async function scrape(http: HttpBoard): Promise<string> {
  const { status, body, headers } = await ask(`${http.url}/metrics`)
  expect({ status, type: headers['content-type'] }).toEqual({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
  })
  return body
}

describe('the metrics', () => {
  it('are in the format and the conventions of Prometheus, empty and full', async () => {
    await using http = await openHttpBoard()
    expect(lintMetrics(await scrape(http), 'offbeat_')).toEqual([])
    fill(http)
    const text = await scrape(http)
    expect(lintMetrics(text, 'offbeat_')).toEqual([])
    // Every metric of ours must have a sample now, or the lint checked nothing.
    const named = [...text.matchAll(/^# TYPE (offbeat_\w+)/gmu)].map(([, name = '']) => name)
    const sampled = samplesIn(text).map(({ name }) => name.replace(/_(?:bucket|sum|count)$/u, ''))
    expect(named.filter((name) => !sampled.includes(name))).toEqual([])
    expect(named.length).toBeGreaterThan(15)
  })

  it('are whole in a scrape that the end of the process meets, and count no more after it', async () => {
    const http = await openHttpBoard()
    fill(http)
    const underWay = http.metrics.text()
    await http[Symbol.asyncDispose]()
    const before = await underWay
    http.board.retrying('stock', 'DATABASE_UNREACHABLE', { code: 'DATABASE_UNREACHABLE' })
    const after = await http.metrics.text()
    for (const text of [before, after]) {
      expect(lintMetrics(text, 'offbeat_')).toEqual([])
      expect(text).toContain('offbeat_retries_total{source="stock",code="DATABASE_UNREACHABLE"} 2\n')
    }
  })

  it('pass promtool, where it is installed', async (context) => {
    const missing = spawnSync('promtool', ['--version']).error !== undefined
    if (missing) context.skip("promtool is not installed (Debian's package prometheus)")
    await using http = await openHttpBoard()
    fill(http)
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await scrape(http),
      encoding: 'utf8',
    })
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
  })

  it('say what the board knows, and nothing where it knows nothing', async () => {
    await using http = await openHttpBoard({ clock: new VirtualClock(Date.parse('2026-01-01T00:01:30.000Z')) })
    fill(http)
    const samples = samplesIn(await scrape(http))
    const valueAt = (name: string, labels: Readonly<Record<string, string>>) =>
      samples.find((each) => each.name === name && JSON.stringify(each.labels) === JSON.stringify(labels))?.value
    const shop = { source: 'shop' }
    const stock = { source: 'stock' }
    expect(valueAt('offbeat_verdict', { ...shop, verdict: 'idle' })).toBe(1)
    expect(valueAt('offbeat_verdict', { ...shop, verdict: 'at risk' })).toBe(0)
    expect(samples.filter(({ name, labels }) => name === 'offbeat_verdict' && labels['source'] === 'stock')).toEqual([])
    expect(valueAt('offbeat_connector_state', { ...stock, state: 'retrying' })).toBe(1)
    expect(valueAt('offbeat_runway_seconds', shop)).toBe(3600)
    expect(valueAt('offbeat_runway_seconds', stock)).toBeUndefined()
    expect(valueAt('offbeat_runway_clock_seconds', { ...shop, clock: 'disk \\"a\\\\b\\"', ends: 'disk full' })).toBe(
      Number.POSITIVE_INFINITY,
    )
    expect(
      valueAt('offbeat_runway_clock_seconds', { ...shop, clock: 'idle_replication_slot_timeout', ends: 'offset lost' }),
    ).toBeUndefined()
    expect(valueAt('offbeat_offset_age_seconds', shop)).toBe(90)
    expect(valueAt('offbeat_lag_bytes', shop)).toBe(7)
    expect(valueAt('offbeat_held_bytes', shop)).toBe(16_777_216)
    expect(valueAt('offbeat_last_change_timestamp_seconds', shop)).toBe(1_767_225_601.5)
    expect(valueAt('offbeat_changes_total', shop)).toBe(12)
    expect(valueAt('offbeat_changes_total', stock)).toBe(0)
    expect(valueAt('offbeat_pulse_broken', { ...shop, hop: 'seen' })).toBe(1)
    expect(valueAt('offbeat_pulse_round_trip_seconds_count', shop)).toBe(1)
    expect(valueAt('offbeat_pulse_round_trip_seconds_sum', shop)).toBe(0.041)
    expect(valueAt('offbeat_pulse_round_trip_seconds_count', stock)).toBe(0)
    expect(valueAt('offbeat_beat_failures_total', { ...shop, code: 'POSTGRES_READ_ONLY' })).toBe(1)
    expect(valueAt('offbeat_retries_total', { ...stock, code: 'DATABASE_UNREACHABLE' })).toBe(2)
    expect(valueAt('offbeat_build_info', { version: '1.2.3', node: process.versions.node })).toBe(1)
  })
})

it.each([
  ['# HELP offbeat_x_total X.\n# TYPE offbeat_x_total gauge\noffbeat_x_total 1\n', '_total is for counters alone'],
  ['# HELP offbeat_x X.\n# TYPE offbeat_x counter\noffbeat_x 1\n', '_total is for counters alone'],
  ['# HELP offbeat_x_ms X.\n# TYPE offbeat_x_ms gauge\noffbeat_x_ms 1\n', 'base unit'],
  ['# HELP offbeat_x  \n# TYPE offbeat_x gauge\noffbeat_x 1\n', 'no help'],
  ['# HELP offbeat_x X.\noffbeat_x 1\n', 'no type'],
  ['# HELP offbeat_x X.\n# TYPE offbeat_x gauge\noffbeat_x 1\noffbeat_x 1\n', 'comes twice'],
  ['# HELP offbeat_x X.\n# TYPE offbeat_x gauge\noffbeat_x{a="b} 1\n', 'not a line of the format'],
  ['# HELP offbeat_x X.\n# TYPE offbeat_x gauge\noffbeat_x{a="b"} 1\noffbeat_x{c="b"} 1\n', 'different labels'],
  ['# HELP offbeat_x X.\n# TYPE offbeat_x gauge\noffbeat_y 1\n', 'is not of'],
])('the lint finds what is planted: %j', (text, found) => {
  expect(lintMetrics(text, 'offbeat_').join()).toContain(found)
})
