import type { OffbeatError } from '../model/error.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'

/** Observes a connector, its stream and its pulses, for metrics and HTTP. The methods must be quick and never throw. */
export interface ConnectorObserver {
  /** Called once, at the start. `report` returns the status at the moment of the call, or null when nothing is known yet. */
  reports(report: () => SourceStatus | null): void
  /** The stream delivered its first events, at the start or after a retry. */
  streaming(): void
  /** The stream is down and will be retried after a delay. */
  retrying(error: OffbeatError): void
  /** A pulse passed another hop, or its write failed (`failedCode`). `acknowledgedAtMs` is reported once for each pulse. */
  pulse(pulse: Pulse): void
}
