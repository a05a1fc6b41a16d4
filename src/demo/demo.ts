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
 * The demo's time is compressed: a beat every two seconds is one every minute, and the limit at which the server removes
 * the log of a reader is reached in about a minute. That limit also bounds what the demo uses of the disk.
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
 * Runs until the time is over or the signal aborts, then reports what was seen; null when it was stopped before there was anything to see.
 * All that it started has ended when it resolves.
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

/** Where the sink `stdout` would print, which the demo does not use. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
