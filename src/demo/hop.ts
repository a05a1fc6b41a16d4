import { PULSE_HOPS, type Pulse, type PulseHop } from '../model/pulse.ts'

/** The hops after the first, each with its time since the write. null: not reached yet. */
export function hopsOf(pulse: Pulse): { readonly hop: PulseHop; readonly afterMs: number | null }[] {
  const times: Readonly<Record<PulseHop, number | null>> = {
    written: pulse.writtenAtMs,
    seen: pulse.seenAtMs,
    delivered: pulse.deliveredAtMs,
    stored: pulse.storedAtMs,
    acknowledged: pulse.acknowledgedAtMs,
  }
  const startMs = pulse.writtenAtMs
  return PULSE_HOPS.slice(1).map((hop) => {
    const atMs = times[hop]
    return { hop, afterMs: atMs === null || startMs === null ? null : Math.max(0, Math.round(atMs - startMs)) }
  })
}

/** Elapsed time, for example `1:05.3`. */
export function minutes(ms: number): string {
  const tenths = Math.floor(Math.max(0, ms) / 100)
  const seconds = ((tenths % 600) / 10).toFixed(1).padStart(4, '0')
  return `${Math.floor(tenths / 600)}:${seconds}`
}
