import { join } from 'node:path'
import { Writable } from 'node:stream'
import { connectAsAdmin } from '../local-server/postgresql/admin-connection.ts'
import { startLocalPostgresql } from '../local-server/postgresql/local-postgresql.ts'
import { prepareServer } from '../local-server/postgresql/prepared-server.ts'
import { openSink } from '../sinks/registry.ts'
import { SOURCES } from '../sources/registry.ts'
import type { DemoOptions } from './demo-options.ts'
import { DemoPlay } from './demo-play.ts'
import type { DemoPace } from './demo-state.ts'
import type { DemoSummary } from './demo-summary.ts'
import type { DemoView } from './demo-view.ts'

/**
 * The demo's time is compressed: a beat every two seconds stands for one every minute, and the limit on what a slot may hold, at
 * which the server takes the log away, is reached in about a minute. That limit also bounds what the demo uses of the disk.
 */
const PACE: DemoPace = {
  beatIntervalMs: 2000,
  checkpointIntervalMs: 2000,
  bytesPerSecond: 3_200_000,
  limitBytes: 192 * 1024 ** 2,
  atRiskMs: 42_000,
}

const SETTINGS = {
  max_slot_wal_keep_size: `${PACE.limitBytes / 1024 ** 2}MB`,
  // Files of the log that nobody needs go at the next checkpoint instead of being kept for later.
  min_wal_size: '32MB',
  wal_recycle: 'off',
}

const RETAIN = { ageMs: 3_600_000, messages: 100_000 }

/**
 * Runs until the time is over or the signal aborts, then tells what was seen; null when it was stopped before there was anything to see.
 * All that it started is gone when it resolves.
 */
export async function runDemo(options: DemoOptions, view: DemoView, signal: AbortSignal): Promise<DemoSummary | null> {
  view.note('Starting a PostgreSQL server ...')
  try {
    await using server = await startLocalPostgresql({ env: options.env, settings: SETTINGS, label: 'demo' })
    if (signal.aborted) return null
    const prepared = await prepareServer(server)
    await using observer = await connectAsAdmin(prepared.quietAdminUrl)
    await using stagehand = await connectAsAdmin(prepared.quietAdminUrl)
    await using neighbour = await connectAsAdmin(prepared.busyAdminUrl)
    const play = new DemoPlay({
      ...options,
      pace: PACE,
      view,
      quietUrl: prepared.quietUrl,
      port: server.port,
      connections: { observer, stagehand, neighbour },
      definition: await SOURCES.load(options.kind),
    })
    const sinkConfig = { kind: 'sqlite', path: join(server.folder, 'offbeat.db'), retain: RETAIN } as const
    await using sink = await openSink(sinkConfig, {
      command: 'offbeat demo',
      clock: options.clock,
      log: play.log,
      stdout: nowhere(),
    })
    return await play.run(sink, signal)
  } finally {
    view.end()
  }
}

/** Where the sink `stdout` would print, which the demo does not use. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
