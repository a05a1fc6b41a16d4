import type { Config, ConfiguredSource } from '../config/config.ts'
import type { WatchedSource } from '../health/assessment.ts'

/** The configuration values by which a source is judged. */
export function watchedSource({ name, kind, config }: ConfiguredSource, { health }: Config): WatchedSource {
  const { connector, source: sourceHeartbeat } = config.heartbeat
  const { runwaySeconds, usedRatio } = health.atRisk
  return {
    name,
    kind,
    connectorIntervalMs: connector?.intervalMs ?? null,
    sourceHeartbeat,
    atRisk: { runwayMs: runwaySeconds * 1000, usedRatio },
  }
}
