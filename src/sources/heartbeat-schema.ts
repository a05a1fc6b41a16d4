import { z } from 'zod'
import { choice, duration, isOff, text, toggle } from './scalar-schema.ts'
import type { HeartbeatConfig, HeartbeatMode } from './source-config.ts'
import type { Report } from './tls-schema.ts'

export interface HeartbeatDefaults {
  readonly schema: string
  readonly table: string
  /** Those that this database knows. */
  readonly modes: readonly HeartbeatMode[]
}

const noSwitch = 'turns no layer off; each has its own switch, `connector: off` and `source: off` inside `heartbeat`'
const dayMs = 86_400_000
const modeWords: Record<HeartbeatMode, string> = {
  table: 'table: the connector updates the row',
  message: 'message: the connector writes a message into the log, without a table',
  job: 'job: a scheduled job on the primary updates the row and the connector writes nothing',
  off: 'off: no heartbeats of layer 2',
}

function interval() {
  return duration({
    minMs: 100,
    tooShort: (ms) =>
      ms <= 0
        ? 'is zero or less: there would be no heartbeat and the offset would go stale; write `off` to turn a layer off'
        : 'is below 100ms: too many heartbeats for the database',
    maxMs: dayMs,
    tooLong: 'is longer than a day: most logs would be removed between two heartbeats',
  })
}

/** The `heartbeat` of a source. Both layers beat once a minute where nothing is said. */
export function heartbeatSchema(defaults: HeartbeatDefaults) {
  const connector = z.strictObject({ interval: interval().optional().describe('The interval of layer 1.') })
  const source = z.strictObject({
    interval: interval().optional().describe('The interval of layer 2.'),
    schema: text({ expected: 'the name of a schema' })
      .prefault(defaults.schema)
      .describe("The heartbeat table's schema."),
    table: text({ expected: 'the name of a table' }).prefault(defaults.table).describe('The heartbeat table.'),
    mode: choice(defaults.modes)
      .optional()
      .describe(
        `${defaults.modes.map((mode) => modeWords[mode]).join('; ')}. Where absent: table, and job with readOnly.`,
      ),
    deliver: toggle().prefault(false).describe("Deliver the heartbeat table's own changes like any table's."),
  })
  return z.strictObject(
    {
      interval: interval()
        .optional()
        .describe('The interval of both layers, unless a layer sets its own; 1m where absent.'),
      connector: orOff(connector, '{ interval: 1m }')
        .optional()
        .describe('Layer 1: heartbeat messages and fresh offsets; on where absent.'),
      source: orOff(source, '{ mode: table, interval: 1m }')
        .optional()
        .describe("Layer 2: a row that changes in the source's database; on where absent."),
    },
    { error: (issue) => (issue.code === 'invalid_type' && issue.input !== null ? noSwitch : undefined) },
  )
}

/** A section, or `off` in its place; `false` is taken for `off`. `example`: of a section, for whoever wrote a word in its place. */
function orOff<Section extends z.ZodType>(section: Section, example: string) {
  return z.union([z.literal(['off', false]).transform(() => 'off' as const), section], {
    error: () => `a section such as ${example}, or off`,
  })
}

export type HeartbeatEntry = z.output<ReturnType<typeof heartbeatSchema>>

/** What contradicts `readOnly`, and intervals that would do nothing. */
export function checkHeartbeat(entry: HeartbeatEntry, readOnly: boolean, report: Report): void {
  const sourceOff = isSourceOff(entry)
  const mode = typeof entry.source === 'object' ? entry.source.mode : undefined
  if (readOnly && (mode === 'table' || mode === 'message')) {
    report(['heartbeat', 'source', 'mode'], `${writes[mode]}, and readOnly forbids writing`, 'job or off')
  }
  if (sourceOff && typeof entry.source === 'object' && entry.source.interval !== undefined) {
    report(['heartbeat', 'source', 'interval'], 'has no effect with mode off', 'another mode, or no interval')
  }
  if (sourceOff && isOff(entry.connector) && entry.interval !== undefined) {
    report(['heartbeat', 'interval'], 'has no effect with both layers off', 'a layer that is on, or no interval')
  }
}

const writes = {
  table: 'updates a row at every heartbeat',
  message: 'writes into the log at every heartbeat, which a server accepts even in a read-only session',
}

function isSourceOff(entry: HeartbeatEntry): boolean {
  return entry.source === 'off' || (typeof entry.source === 'object' && entry.source.mode === 'off')
}

export function heartbeatConfig(
  entry: HeartbeatEntry,
  readOnly: boolean,
  defaults: HeartbeatDefaults,
): HeartbeatConfig {
  const bothMs = entry.interval ?? 60_000
  const source = typeof entry.source === 'object' ? entry.source : undefined
  return {
    connector: entry.connector === 'off' ? null : { intervalMs: entry.connector?.interval ?? bothMs },
    source: {
      mode: isSourceOff(entry) ? 'off' : (source?.mode ?? (readOnly ? 'job' : 'table')),
      intervalMs: source?.interval ?? bothMs,
      schema: source?.schema ?? defaults.schema,
      table: source?.table ?? defaults.table,
      deliver: source?.deliver ?? false,
    },
  }
}
