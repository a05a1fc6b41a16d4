import { join } from 'node:path'
import { Writable } from 'node:stream'
import { openSink } from '../sinks/registry.ts'
import { SOURCES } from '../sources/registry.ts'
import type { DemoOptions } from './demo-options.ts'
import { DemoPlay } from './demo-play.ts'
import type { DemoPace } from './demo-state.ts'
import type { DemoSummary } from './demo-summary.ts'
import type { DemoView } from './demo-view.ts'
import { loadStage } from './stage-registry.ts'

/**
 * The demo compresses time: a heartbeat every two seconds is like one every minute, and a reader reaches the limit at which the server
 * removes its log in about a minute. That limit also bounds the demo's disk usage.
 */
const PACE: DemoPace = {
  beatIntervalMs: 2000,
  checkpointIntervalMs: 2000,
  bytesPerSecond: 3_200_000,
  limitBytes: 192 * 1024 ** 2,
  atRiskMs: 42_000,
}

const RETAIN = { ageMs: 3_600_000, messages: 100_000 }

/**
 * Runs until the time is over or the signal aborts, then reports what happened. null: stopped before there was anything to report. When it
 * resolves, everything that it started has ended.
 */
export async function runDemo(options: DemoOptions, view: DemoView, signal: AbortSignal): Promise<DemoSummary | null> {
  view.note('Starting a server ...')
  try {
    const openStage = await loadStage(options.kind)
    await using stage = await openStage({ env: options.env, limitBytes: PACE.limitBytes })
    if (signal.aborted) return null
    const play = new DemoPlay({ ...options, pace: PACE, view, stage, definition: await SOURCES.load(options.kind) })
    const sinkConfig = { kind: 'sqlite', path: join(stage.folder, 'offbeat.db'), retain: RETAIN } as const
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

/** The output for the sink `stdout`, which the demo does not use. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
