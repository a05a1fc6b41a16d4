import type { ConfiguredSource } from '../../config/config.ts'
import type { Examination } from '../../doctor/examination.ts'
import { formatDurationMs } from '../../model/duration.ts'
import type { StoreReader } from '../../sqlite/store-reader.ts'
import type { CommandContext } from '../program/command.ts'
import { localTimes } from '../terminal/local-time.ts'

export interface FixedSource {
  readonly source: ConfiguredSource
  /** The examination after the statements ran. */
  readonly found: Examination
  readonly atMs: number
  readonly store: StoreReader | null
  readonly examine: (source: ConfiguredSource) => Promise<Examination>
}

export interface AfterBeat {
  readonly found: Examination
  /** A note for the user. null: none. */
  readonly note: string | null
}

/** Someone is waiting at the terminal, so never wait longer than this. */
const MOST_WAIT_MS = 120_000
/** How long a heartbeat that is due can take to be written and to come back. */
const BEAT_MS = 10_000
const POLL_MS = 250

/** Layer 2 shows a fix only at the running connector's next heartbeat. If that is due soon, waits for it and checks again. */
export async function afterNextBeat(fixed: FixedSource, context: CommandContext): Promise<AfterBeat> {
  const { source, found, examine, atMs } = fixed
  const { intervalMs, mode } = source.config.heartbeat.source
  if (mode === 'off' || !isSilent(found) || fixed.store?.owner() == null) return { found, note: null }
  const due = localTimes(context.timeZone)(atMs + intervalMs + BEAT_MS, atMs)
  const later = `${source.name}: layer 2 is reported as silent until its next heartbeat, at ${due} at the latest (one every ${formatDurationMs(intervalMs)}).\nrun: offbeat doctor ${source.name}\n`
  if (intervalMs + BEAT_MS > MOST_WAIT_MS) return { found, note: later }
  const end = await waitForBeat(fixed, intervalMs + BEAT_MS, context)
  if (end === 'stopped') return { found, note: later }
  const again = await examine(source)
  const note = `${source.name}: no heartbeat came back within ${formatDurationMs(intervalMs + BEAT_MS)} after the fix; see the log of the connector.\n`
  return { found: again, note: end === 'late' && isSilent(again) ? note : null }
}

function isSilent({ findings }: Examination): boolean {
  return findings.some(({ code }) => code === 'LAYER_2_SILENT' || code === 'OFFSET_STALE')
}

async function waitForBeat(
  fixed: FixedSource,
  forMs: number,
  { clock, signal, stderr }: CommandContext,
): Promise<'back' | 'late' | 'stopped'> {
  const { source, store } = fixed
  const endMs = clock.monotonicMs() + forMs
  const progress = progressOn(stderr, `${source.name}: fixed; waiting for the next heartbeat of the connector`)
  try {
    for (;;) {
      if (await isBack(fixed)) return 'back'
      const leftMs = endMs - clock.monotonicMs()
      if (leftMs <= 0 || store?.owner() == null) return 'late'
      progress.tell(leftMs)
      await clock.sleep(POLL_MS, signal)
    }
  } catch (thrown) {
    if (signal.aborted) return 'stopped'
    throw thrown
  } finally {
    progress.end()
  }
}

async function isBack({ source, store, atMs }: FixedSource): Promise<boolean> {
  const pulses = (await store?.history.pulses(source.name, atMs - MOST_WAIT_MS)) ?? []
  return pulses.some(({ seenAtMs, acknowledgedAtMs }) => acknowledgedAtMs !== null && (seenAtMs ?? 0) >= atMs)
}

/** A progress line. A terminal shows the seconds that are left; other output gets the line once. */
function progressOn(stderr: CommandContext['stderr'], words: string) {
  let shown = ''
  return {
    tell: (leftMs: number) => {
      const text = `${words}, ${Math.ceil(leftMs / 1000)} s at most`
      if (shown === text || (shown !== '' && !stderr.isTerminal)) return
      shown = text
      stderr.write(stderr.isTerminal ? `\r\u001B[K${text}` : `${text}\n`)
    },
    end: () => {
      if (shown !== '' && stderr.isTerminal) stderr.write('\r\u001B[K')
    },
  }
}
