import { join } from 'node:path'
import { Writable } from 'node:stream'
import { OffbeatError } from '../model/error.ts'
import { openSink } from '../sinks/registry.ts'
import { SOURCES } from '../sources/registry.ts'
import { demoLog } from './demo-log.ts'
import type { DemoOptions } from './demo-options.ts'
import { DemoPlay } from './demo-play.ts'
import type { DemoEnd } from './demo-summary.ts'
import type { DemoView } from './demo-view.ts'
import type { DemoStage } from './stage.ts'

const RETAIN = { ageMs: 3_600_000, messages: 100_000 }

/**
 * Runs until the time is over or the signal aborts, then reports what happened. null: stopped before there was anything to report. When it
 * resolves, everything that it started has ended.
 */
export async function runDemo(options: DemoOptions, view: DemoView, signal: AbortSignal): Promise<DemoEnd | null> {
  try {
    await using stage = await openUnlessAborted(options, view, signal)
    if (stage === null || signal.aborted) return null
    view.note(`The server is ${stage.title}.`)
    const play = new DemoPlay({ ...options, view, stage, definition: await SOURCES.load(options.kind) })
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

async function openUnlessAborted(
  { openStage, env, clock }: DemoOptions,
  view: DemoView,
  signal: AbortSignal,
): Promise<DemoStage | null> {
  try {
    const starting = (title: string) => view.note(`Starting ${title} ...`)
    return await openStage({ env, clock, log: demoLog(() => undefined), signal, starting })
  } catch (thrown) {
    // The abort stops a server that is just starting, which then fails to start.
    if (signal.aborted && (thrown instanceof OffbeatError || thrown === signal.reason)) return null
    throw thrown
  }
}

/** The output for the sink `stdout`, which the demo does not use. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
