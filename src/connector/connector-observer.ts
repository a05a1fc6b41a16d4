import type { OffbeatError } from '../model/error.ts'
import type { Pulse } from '../model/pulse.ts'

/** Told by a connector how its stream and its pulses fare, for metrics and whoever watches. What is called must be quick and never throw. */
export interface ConnectorObserver {
  /** The stream has given something, for the first time or again. */
  streaming(): void
  /** There is no stream: it is tried again after a while. */
  retrying(error: OffbeatError): void
  /** A pulse went a hop further, or its beat failed (`failedCode`); `acknowledgedAtMs` is told once for each. */
  pulse(pulse: Pulse): void
}
