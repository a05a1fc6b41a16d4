import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageVersion } from '../src/cli/program/package-version.ts'
import { systemClock } from '../src/cli/program/system-clock.ts'
import { runConnector } from '../src/connector/connector.ts'
import { SOURCES } from '../src/sources/registry.ts'
import { Store } from '../src/sqlite/store.ts'
import { errorLog as log } from './error-log.ts'
import type { BenchStage, SourceEntry } from './stage.ts'
import { KEEP_ALL } from './subject-options.ts'

export interface IdleOptions {
  readonly kind: BenchStage['kind']
  readonly entries: readonly SourceEntry[]
  readonly seconds: number
}

/** A process with one source for each entry. It prints the CPU time it used while idle, measured after the start. */
const { kind, entries, seconds }: IdleOptions = JSON.parse(process.argv[2] ?? '{}')
const START_MS = 15_000
/** Beyond that, for sources that have not beaten yet. A busy machine starts a hundred of them more slowly. */
const LATE_SECONDS = 120
const folder = mkdtempSync(join(tmpdir(), 'offbeat-bench-'))
try {
  process.stdout.write(`${JSON.stringify(await run())}\n`)
} finally {
  rmSync(folder, { recursive: true })
}

async function run(): Promise<object> {
  const path = join(folder, 'bench.db')
  await using store = await Store.open({
    path,
    command: 'bench',
    retain: KEEP_ALL,
    maxBytes: null,
    clock: systemClock,
    log,
  })
  const definition = await SOURCES.load(kind)
  const stop = new AbortController()
  const health = { atRisk: { runwayMs: 1, usedRatio: 1 } }
  const sink = store.sink()
  const common = {
    sink,
    journal: store.journal,
    log,
    clock: systemClock,
    health,
    until: null,
    random: Math.random,
    newId: randomUUID,
  }
  const running = entries.map((entry, i) => {
    const source = { name: `idle${i}`, config: definition.config.parse(entry), definition }
    return runConnector({ ...common, source, version: packageVersion(), pid: process.pid }, stop.signal)
  })
  await new Promise((resolve) => setTimeout(resolve, START_MS))
  for (let tries = 0; tries < LATE_SECONDS && (await beaten(store)) < entries.length; tries++)
    await new Promise((resolve) => setTimeout(resolve, 1000))
  const before = process.cpuUsage()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const used = process.cpuUsage(before)
  stop.abort()
  await Promise.all(running)
  return { cpuSeconds: (used.user + used.system) / 1_000_000, beats: await beaten(store) }
}

/** How many sources have seen a heartbeat of theirs. */
async function beaten(store: Store): Promise<number> {
  const pulses = await Promise.all(entries.map((_, i) => store.journal.history.pulses(`idle${i}`, 0)))
  return pulses.filter((each) => each.some((pulse) => pulse.storedAtMs !== null)).length
}
