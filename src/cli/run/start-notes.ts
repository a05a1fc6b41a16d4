import type { ConfiguredSource } from '../../config/config.ts'
import { formatDurationMs } from '../../model/duration.ts'
import { unreachable } from '../../model/unreachable.ts'
import type { SinkConfig } from '../../sinks/sink-config.ts'
import { connectionWords } from '../../sources/connection-words.ts'

/** What a source is about to do, one fact a line: what it reads, from where, where it delivers, and both layers of heartbeats. */
export function startNotes(
  source: ConfiguredSource,
  sink: SinkConfig,
  until: 'head' | null,
): readonly [string, string, string, string] {
  return [readsNote(source, until), deliversNote(sink), connectorNote(source), sourceNote(source)]
}

function readsNote({ kind, config, definition }: ConfiguredSource, until: 'head' | null): string {
  const { user, tls } = config.connection
  const writing = config.readOnly ? ', writing nothing' : ''
  const what = config.tables.length === 0 ? `all ${definition.defaults.words.table}s` : config.tables.join(', ')
  const except = config.exclude.length === 0 ? '' : ` except ${config.exclude.join(', ')}`
  const as = user === null ? '' : ` as ${user}`
  const end = until === null ? '' : ', to the head of the log'
  return `reads ${what}${except} of ${kind} ${connectionWords(config.connection)}${as} (tls ${tls.mode})${writing}${end}`
}

function deliversNote(sink: SinkConfig): string {
  switch (sink.kind) {
    case 'sqlite':
      return `delivers to ${sink.path}`
    case 'stdout':
      return `delivers to standard output; offsets in ${sink.offsets}`
    default:
      return `discards messages; offsets in ${sink.offsets}`
  }
}

function connectorNote({ config }: ConfiguredSource): string {
  const { connector } = config.heartbeat
  return connector === null
    ? 'layer 1: off'
    : `layer 1: a heartbeat message every ${formatDurationMs(connector.intervalMs)}`
}

function sourceNote({ config }: ConfiguredSource): string {
  const { mode, by, schema, table, intervalMs } = config.heartbeat.source
  const every = formatDurationMs(intervalMs)
  switch (mode) {
    case 'table':
      return `layer 2: updates ${schema}.${table} every ${every}`
    case 'message':
      return `layer 2: writes a message into the log every ${every}`
    case 'job':
      return `layer 2: a job ${by === 'external' ? 'outside the database' : 'on the primary'} updates ${schema}.${table}, expected every ${every}`
    case 'off':
      return 'layer 2: off'
    default:
      return unreachable(mode)
  }
}
