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
  /** As loaded; secrets in it print as `[redacted]` by themselves. */
  readonly config: unknown
  readonly report: JsonObject
  readonly sources: readonly BundleSource[]
}

/** What a colleague needs to help, as text; `clean` is the last net over every text in it. A pulse's nonce is of no use to them and stays here. */
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
