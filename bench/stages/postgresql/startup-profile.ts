import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { type BenchResult, median } from '../../result.ts'
import { DATABASE, openWorkload, PUBLICATION, startServer, streaming } from './workload.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const SLOT = 'startup'
const PEER = 'node -e 0'
const SUBJECTS = ['offbeat --help', 'offbeat status', 'offbeat run, until it streams'] as const
type Subject = typeof PEER | (typeof SUBJECTS)[number]

interface Workspace {
  readonly folder: string
  readonly client: pg.Client
}

/** How long commands take until their first work, compared with a Node.js process that starts and ends. */
export async function benchStartup(rounds: number, say: (line: string) => void): Promise<readonly BenchResult[]> {
  await using server = await startServer()
  const client = await openWorkload(server)
  const folder = mkdtempSync(join(tmpdir(), 'offbeat-startup-'))
  const times = new Map<Subject, number[]>()
  try {
    configure(folder, server.url(DATABASE))
    // The very first start compiles the code and creates the slot and the store, so it is not counted.
    await startMs('offbeat run, until it streams', { folder, client })
    for (let round = 1; round <= rounds; round++) {
      for (const subject of [PEER, ...SUBJECTS] as const) {
        const ms = await startMs(subject, { folder, client })
        times.set(subject, [...(times.get(subject) ?? []), ms])
        say(`startup, round ${round}: ${subject} ${ms.toFixed(0)} ms`)
      }
    }
  } finally {
    await client.end()
    rmSync(folder, { recursive: true, force: true })
  }
  return SUBJECTS.map((subject) => result(subject, times.get(subject) ?? [], times.get(PEER) ?? []))
}

function configure(folder: string, url: string): void {
  const heartbeat = { connector: { interval: '10s' }, source: 'off' }
  const source = { kind: 'postgresql', url, slot: SLOT, publication: PUBLICATION, heartbeat }
  const config = { sources: { bench: source }, sink: { kind: 'sqlite', path: 'offbeat.db' }, server: 'off' }
  writeFileSync(join(folder, 'offbeat.yaml'), JSON.stringify(config), { mode: 0o600 })
}

async function startMs(subject: Subject, { folder, client }: Workspace): Promise<number> {
  const args = subject === PEER ? ['-e', '0'] : [MAIN, ...subject.split(/[ ,]/u).slice(1, 2)]
  const startedMs = performance.now()
  const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' })
  const ended = once(child, 'close')
  if (args[1] !== 'run') {
    await ended
    return performance.now() - startedMs
  }
  await Promise.race([streaming(client, SLOT), ended.then(() => Promise.reject(new Error('offbeat run has ended')))])
  const ms = performance.now() - startedMs
  child.kill('SIGTERM')
  await ended
  return ms
}

/** The ratio is our time divided by the peer's. Lower is better. */
function result(subject: string, ours: readonly number[], peers: readonly number[]): BenchResult {
  return {
    profile: 'startup',
    subject,
    rowsPerSecond: null,
    cpuSeconds: Number.NaN,
    peakRssBytes: Number.NaN,
    outputSha256: null,
    peer: PEER,
    ratio: median(ours.map((ms, round) => ms / (peers[round] ?? Number.NaN))),
    rounds: ours.length,
    startMs: Math.round(median(ours)),
  }
}
