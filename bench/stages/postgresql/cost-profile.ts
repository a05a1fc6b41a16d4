import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { IdleOptions } from '../../idle-subject.ts'
import { measuredRun } from '../../measured-run.ts'
import { type BenchResult, median } from '../../result.ts'
import type { SourceEntry } from '../../stage.ts'
import { prepareDatabases } from './idle-databases.ts'
import { startServer } from './workload.ts'

const SUBJECT = fileURLToPath(new URL('../../idle-subject.ts', import.meta.url))
/** Short, so that the log of many heartbeats stands out from what the server writes by itself. */
const INTERVAL_MS = 200
const SECONDS = 20
/** The first heartbeats insert the row and write whole pages. By this time they are done. */
const SETTLED_MS = 12_000
const MODES = ['off', 'message', 'table'] as const

interface Cost {
  readonly walBytesPerSecond: number
  readonly hotUpdatePercent: number | null
  readonly connections: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
}

/**
 * What one source costs its server: log bytes for each heartbeat in each mode of layer 2, the share of HOT updates, and the number of
 * connections.
 */
export async function benchCost(rounds: number, say: (line: string) => void): Promise<readonly BenchResult[]> {
  // After a checkpoint the next heartbeat writes a whole page. That is the checkpoint's cost and depends on its interval.
  await using server = await startServer({ checkpoint_timeout: '1h', autovacuum: 'off' })
  const costs = new Map(MODES.map((mode): [string, Cost[]] => [mode, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [number, mode] of MODES.entries()) {
      const [url = ''] = await prepareDatabases(server, 1, 10 * round + number)
      const cost = await costOf(url, mode, round)
      say(`cost, ${mode}, round ${round}: ${JSON.stringify(cost)}`)
      costs.get(mode)?.push(cost)
    }
  }
  const ofNothing = median((costs.get('off') ?? []).map((cost) => cost.walBytesPerSecond))
  return MODES.map((mode) => summary(mode, costs.get(mode) ?? [], ofNothing))
}

async function costOf(url: string, mode: (typeof MODES)[number], round: number): Promise<Cost> {
  const heartbeat = { interval: `${INTERVAL_MS}ms`, source: mode === 'off' ? mode : { mode } }
  const entry: SourceEntry = {
    kind: 'postgresql',
    url,
    slot: `cost_${mode}_${round}`,
    heartbeat,
    tls: { mode: 'disable' },
  }
  const options: IdleOptions = { kind: 'postgresql', entries: [entry], seconds: SECONDS }
  const running = measuredRun(process.execPath, [SUBJECT, JSON.stringify(options)], process.env)
  const [watched, run] = await Promise.all([watch(url), running])
  return { ...watched, cpuSeconds: run.cpuSeconds, peakRssBytes: run.peakRssBytes }
}

async function watch(url: string): Promise<Omit<Cost, 'cpuSeconds' | 'peakRssBytes'>> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await sleep(SETTLED_MS)
    const before = await readCounters(client)
    await sleep((SECONDS * 1000) / 2)
    const after = await readCounters(client)
    const updates = after.updates - before.updates
    return {
      walBytesPerSecond: ((after.walBytes - before.walBytes) * 1000) / (after.atMs - before.atMs),
      hotUpdatePercent: updates === 0 ? null : (100 * (after.hotUpdates - before.hotUpdates)) / updates,
      connections: Math.max(before.connections, after.connections),
    }
  } finally {
    await client.end()
  }
}

async function readCounters(client: pg.Client) {
  const { rows } = await client.query<Record<string, string>>(COUNTERS_QUERY)
  const figure = (name: string) => Number(rows[0]?.[name] ?? Number.NaN)
  return {
    atMs: performance.now(),
    walBytes: figure('wal'),
    updates: figure('updates'),
    hotUpdates: figure('hot'),
    connections: figure('connections'),
  }
}

const COUNTERS_QUERY = `SELECT pg_current_wal_insert_lsn() - '0/0' AS wal, n_tup_upd AS updates, n_tup_hot_upd AS hot,
  (SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'offbeat%' AND datname = current_database()) AS connections
  FROM pg_stat_user_tables WHERE relname = 'streamkap_heartbeat'`

function summary(mode: string, costs: readonly Cost[], ofNothing: number): BenchResult {
  const perSecond = median(costs.map((cost) => cost.walBytesPerSecond))
  return {
    profile: 'cost',
    subject: mode === 'off' ? 'layer 2 off' : `layer 2 by ${mode}`,
    rowsPerSecond: null,
    cpuSeconds: median(costs.map((cost) => cost.cpuSeconds)),
    peakRssBytes: Math.max(...costs.map((cost) => cost.peakRssBytes)),
    outputSha256: null,
    peer: null,
    ratio: null,
    rounds: costs.length,
    walBytesPerBeat: mode === 'off' ? 0 : Math.round(((perSecond - ofNothing) * INTERVAL_MS) / 1000),
    hotUpdatePercent: mode === 'table' ? Math.round(median(costs.map((cost) => cost.hotUpdatePercent ?? 0))) : null,
    connections: Math.max(...costs.map((cost) => cost.connections)),
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
