import { formatDurationMs } from '../model/duration.ts'
import { usualMode } from '../sources/heartbeat-schema.ts'
import type { ConfiguredSource, ServerConfig } from './config.ts'
import type { ConfigDocument } from './config-document.ts'
import type { Diagnostic } from './diagnostic.ts'

const hourMs = 3_600_000
const SHORTEST_TOKEN = 16

/** Warnings about what is allowed but unwise. */
export function warningsOf(
  sources: readonly ConfiguredSource[],
  server: ServerConfig | null,
  document: ConfigDocument,
): readonly Diagnostic[] {
  return [
    ...sources.flatMap((source) => [...layerWarnings(source, document), ...intervalWarnings(source, document)]),
    ...tokenWarnings(server, document),
  ]
}

function tokenWarnings(server: ServerConfig | null, document: ConfigDocument): Diagnostic[] {
  const length = server?.token?.reveal().length ?? null
  if (length === null || length >= SHORTEST_TOKEN) return []
  const key = document.has(['server', 'token']) ? 'token' : 'tokenFile'
  const message = 'is short enough to guess'
  return [
    document.diagnose(['server', key], message, `${SHORTEST_TOKEN} random characters or more: openssl rand -hex 32`),
  ]
}

function layerWarnings({ name, config, definition }: ConfiguredSource, document: ConfigDocument): Diagnostic[] {
  const path = ['sources', name, 'heartbeat']
  const warnings: Diagnostic[] = []
  if (config.heartbeat.source.mode === 'off') {
    const message =
      'turns source heartbeats off: on a quiet database the log can be retained or removed although the connector looks healthy'
    const mode = usualMode(definition.defaults.heartbeat, config.readOnly)
    const way = mode === null ? 'readOnly: off' : `mode ${mode}`
    warnings.push(document.diagnose([...path, 'source'], message, `${way}: layer 2 is recommended for every source`))
  }
  if (config.heartbeat.connector === null) {
    const message = 'turns connector heartbeats off: the offset goes stale while no watched row changes'
    warnings.push(document.diagnose([...path, 'connector'], message, 'an interval, such as 1m'))
  }
  return warnings
}

function intervalWarnings({ name, config }: ConfiguredSource, document: ConfigDocument): Diagnostic[] {
  const { connector, source } = config.heartbeat
  const layers = [
    ['connector', connector?.intervalMs ?? 0],
    ['source', source.mode === 'off' ? 0 : source.intervalMs],
  ] as const
  return layers
    .filter(([, intervalMs]) => intervalMs > hourMs)
    .map(([layer, intervalMs]) => {
      const own = ['sources', name, 'heartbeat', layer, 'interval']
      const path = document.has(own) ? own : ['sources', name, 'heartbeat', 'interval']
      const noticedMs = formatDurationMs(3 * intervalMs)
      const message = `lets layer ${layer === 'connector' ? 1 : 2} beat less than once an hour: a fault is detected after ${noticedMs} at the earliest`
      return document.diagnose(path, message, '1m to 5m for most databases')
    })
}
