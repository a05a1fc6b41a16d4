import type { LedgerEntry } from '../journal/journal.ts'
import type { JsonObject } from '../model/json.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'

export interface BundleSource {
  readonly status: SourceStatus
  readonly ledger: readonly LedgerEntry[]
  readonly pulses: readonly Pulse[]
}

export interface BundleParts {
  readonly nowMs: number
  readonly versions: Readonly<Record<string, string>>
  /** The loaded configuration. Its secrets print as `[redacted]`. */
  readonly config: unknown
  readonly report: JsonObject
  readonly sources: readonly BundleSource[]
}

/**
 * The text of a support bundle. `clean` is the last filter, applied to every string in it. The nonces of pulses are of no use to support
 * and are left out.
 */
export function bundleText(parts: BundleParts, clean: (text: string) => string): string {
  const document = {
    version: 1,
    at: new Date(parts.nowMs).toISOString(),
    versions: parts.versions,
    config: parts.config,
    doctor: parts.report,
    sources: parts.sources.map(({ status, ledger, pulses }) => ({
      status,
      ledger: ledger.map((entry) => ({ ...entry, atMs: undefined, at: new Date(entry.atMs).toISOString() })),
      pulses: pulses.map((pulse) => ({ ...pulse, nonce: undefined })),
    })),
  }
  return `${JSON.stringify(document, (_key, value: unknown) => plain(value, clean), 2)}\n`
}

function plain(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'bigint') return value.toString()
  return typeof value === 'string' ? clean(value) : value
}
