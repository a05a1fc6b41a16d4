import type { OffbeatError } from '../model/error.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'

/** Follows a connector, its stream and its pulses, for metrics and HTTP. What is called must be quick and never throw. */
export interface ConnectorObserver {
  /** Called once, at the start: `report` gives the status at the moment it is called; null: nothing is known yet. */
  reports(report: () => SourceStatus | null): void
  /** The stream has given something, for the first time or again. */
  streaming(): void
  /** There is no stream: it will be retried after a while. */
  retrying(error: OffbeatError): void
  /** A pulse went a hop further, or its beat failed (`failedCode`); `acknowledgedAtMs` is reported once for each. */
  pulse(pulse: Pulse): void
}
