import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageVersion } from '../src/cli/program/package-version.ts'
import { systemClock } from '../src/cli/program/system-clock.ts'
import { runConnector } from '../src/connector/connector.ts'
import type { Clock } from '../src/model/clock.ts'
import { DiscardOutlet } from '../src/sinks/discard/discard-outlet.ts'
import { paired } from '../src/sinks/paired.ts'
import type { Lane, Sink } from '../src/sinks/sink.ts'
import { SOURCES } from '../src/sources/registry.ts'
import { Store } from '../src/sqlite/store.ts'
import { errorLog as log } from './error-log.ts'
import { HashOutlet } from './hash-outlet.ts'
import { openLatencySink } from './latency.ts'
import { FIXED_NOW_MS, KEEP_ALL, type SubjectOptions } from './subject-options.ts'

/**
 * A separate process that runs the real connector on a prepared slot, with the requested sink, to the head of the log, and prints its
 * figures.
 */
const options: SubjectOptions = JSON.parse(process.argv[2] ?? '{}')
const folder = mkdtempSync(join(tmpdir(), 'offbeat-bench-'))
try {
  process.stdout.write(`${JSON.stringify(await run(options, folder))}\n`)
} finally {
  rmSync(folder, { recursive: true })
}

async function run({ entry, position, sink: kind, messages }: SubjectOptions, folder: string): Promise<object> {
  await using store = await Store.open({
    path: join(folder, 'bench.db'),
    command: 'bench',
    retain: KEEP_ALL,
    maxBytes: null,
    clock: systemClock,
    log,
  })
  const definition = await SOURCES.load(entry.kind)
  const config = definition.config.parse({ ...entry, heartbeat: { source: 'off' } })
  const probe = await definition.probe(config, { source: 'shop', log, clock: systemClock })
  const state = await probe.inspect(() => null, AbortSignal.timeout(10_000))
  await probe[Symbol.asyncDispose]()
  const moved = { by: 'operator', why: 'benchmark', atMs: Date.now() } as const
  await store.setOffset('shop', {
    position,
    server: state.server,
    memory: {},
    moved,
  })
  const stop = new AbortController()
  const counted = kind === 'latency' ? openLatencySink(store, messages ?? 0, stop) : openSink(kind, store)
  const clock: Clock = kind === 'hash' ? { ...systemClock, nowMs: () => FIXED_NOW_MS } : systemClock
  const source = { name: 'shop', config, definition }
  const health = { atRisk: { runwayMs: 1, usedRatio: 1 } }
  const common = {
    source,
    sink: counted.sink,
    journal: store.journal,
    log,
    clock,
    health,
    random: Math.random,
    newId: randomUUID,
  }
  const until = messages === null ? 'head' : null
  await runConnector({ ...common, until, version: packageVersion(), pid: process.pid }, stop.signal)
  return counted.figures()
}

interface CountedSink {
  readonly sink: Sink
  figures(): object
}

function openSink(kind: Exclude<SubjectOptions['sink'], 'latency'>, store: Store): CountedSink {
  switch (kind) {
    case 'discard': {
      const outlet = new DiscardOutlet()
      return { sink: paired(outlet, store.offsets()), figures: () => ({ messages: outlet.messages }) }
    }
    case 'hash': {
      const outlet = new HashOutlet()
      return { sink: paired(outlet, store.offsets()), figures: () => outlet.figures() }
    }
    case 'sqlite':
      return countedSqlite(store)
  }
}

function countedSqlite(store: Store): CountedSink {
  const inner = store.sink()
  let messages = 0
  const count = (lane: Lane): Lane => ({
    offset: lane.offset,
    write(batch, signal) {
      messages += batch.messages.length
      return lane.write(batch, signal)
    },
    [Symbol.asyncDispose]: () => lane[Symbol.asyncDispose](),
  })
  const sink: Sink = {
    claim: async (source, signal) => count(await inner.claim(source, signal)),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  }
  return { sink, figures: () => ({ messages }) }
}
