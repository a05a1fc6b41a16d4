import { z } from 'zod'
import { choice, duration, isOff, listed, text, toggle } from './scalar-schema.ts'
import type { HeartbeatConfig, HeartbeatMode, JobRunner } from './source-config.ts'
import type { Report } from './tls-schema.ts'

/** A database's layer 2 defaults. */
export interface HeartbeatDefaults {
  /** The heartbeat table's schema, or its database if tables have no schema. */
  readonly schema: string
  readonly table: string
  /** The modes that this database supports, the default first. `off` is always one of them. */
  readonly modes: readonly HeartbeatMode[]
  readonly readOnly: ReadOnlyForm
  /** Who can run the job of mode `job`, the default first. Empty if `modes` does not contain `job`. */
  readonly jobs: readonly JobRunner[]
}

/** What layer 2 can still do with `readOnly: true`. */
export interface ReadOnlyForm {
  /** The members of `modes` that work with it, the default first. If the default is `off`, the configuration must say so explicitly. */
  readonly modes: readonly HeartbeatMode[]
  /** Why only these modes, as a clause: 'a scheduled job on the primary writes the heartbeats of layer 2'. */
  readonly because: string
}

/** The mode if the configuration sets none; null: the configuration must set layer 2 to off explicitly. */
export function usualMode(defaults: HeartbeatDefaults, readOnly: boolean): HeartbeatMode | null {
  const [mode] = readOnly ? defaults.readOnly.modes : defaults.modes
  return mode === undefined || mode === 'off' ? null : mode
}

const noSwitch = 'turns no layer off; each has its own switch, `connector: off` and `source: off` inside `heartbeat`'
const JOB_RUNNERS: readonly JobRunner[] = ['database', 'external']
const dayMs = 86_400_000
const runnerWords: Record<JobRunner, string> = {
  database: 'database: the scheduler of the database',
  external: 'external: a job outside the database, such as cron or a Kubernetes CronJob',
}
const missingRunner: Record<JobRunner, string> = {
  database: 'is not possible: this database has no scheduler',
  external: 'is not possible: the job has to run in this database',
}
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

interface SourceSection {
  readonly interval?: number | undefined
  readonly schema: string
  readonly table: string
  readonly mode?: HeartbeatMode | undefined
  readonly by?: JobRunner | undefined
  readonly deliver: boolean
}

/** The key `heartbeat` of a source. By default both layers send a heartbeat once a minute. */
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
      .describe(`${defaults.modes.map((mode) => modeWords[mode]).join('; ')}. ${absentModeWords(defaults)}`),
    deliver: toggle().prefault(false).describe("Deliver the heartbeat table's own changes like any table's."),
  })
  const section: z.ZodType<SourceSection> = defaults.jobs.length === 0 ? source : source.extend(jobKey(defaults.jobs))
  return z.strictObject(
    {
      interval: interval()
        .optional()
        .describe('The interval of both layers, unless a layer sets its own; 1m where absent.'),
      connector: orOff(connector, '{ interval: 1m }')
        .optional()
        .describe('Layer 1: heartbeat messages and fresh offsets; on where absent.'),
      source: orOff(section, `{ mode: ${defaults.modes[0]}, interval: 1m }`)
        .optional()
        .describe("Layer 2: a row that changes in the source's database; on where absent."),
    },
    { error: (issue) => (issue.code === 'invalid_type' && issue.input !== null ? noSwitch : undefined) },
  )
}

function jobKey(jobs: readonly JobRunner[]) {
  const missing = JOB_RUNNERS.filter((runner) => !jobs.includes(runner))
  const refused = Object.fromEntries(missing.map((runner) => [runner, missingRunner[runner]]))
  return {
    by: choice(jobs, refused)
      .optional()
      .describe(`With mode job: ${jobs.map((runner) => runnerWords[runner]).join('; ')}. Where absent: ${jobs[0]}.`),
  }
}

function absentModeWords(defaults: HeartbeatDefaults): string {
  const [usual, readOnly] = [usualMode(defaults, false), usualMode(defaults, true)]
  if (usual === readOnly) return `Where absent: ${usual}.`
  return readOnly === null
    ? `Where absent: ${usual}; with readOnly it must be off.`
    : `Where absent: ${usual}, and ${readOnly} with readOnly.`
}

/** A section, or `off` (or `false`) instead of it. `example`: a section to show to a user who wrote some other word. */
function orOff<Section extends z.ZodType>(section: Section, example: string) {
  return z.union([z.literal(['off', false]).transform(() => 'off' as const), section], {
    error: () => `a section such as ${example}, or off`,
  })
}

export type HeartbeatEntry = z.output<ReturnType<typeof heartbeatSchema>>

/** Reports what contradicts `readOnly`, and keys that have no effect. `entry` may be only partly parsed. */
export function checkHeartbeat(
  entry: HeartbeatEntry,
  readOnly: boolean,
  defaults: HeartbeatDefaults,
  report: Report,
): void {
  if (readOnly) checkReadOnly(entry, defaults, report)
  const sourceOff = isSourceOff(entry)
  if (runnerOf(entry) !== undefined && modeOf(entry, readOnly, defaults) !== 'job') {
    report(['heartbeat', 'source', 'by'], 'has no effect without mode job', 'mode: job, or no such key')
  }
  if (sourceOff && typeof entry.source === 'object' && entry.source.interval !== undefined) {
    report(['heartbeat', 'source', 'interval'], 'has no effect with mode off', 'another mode, or no interval')
  }
  if (sourceOff && isOff(entry.connector) && entry.interval !== undefined) {
    report(['heartbeat', 'interval'], 'has no effect with both layers off', 'a layer that is on, or no interval')
  }
}

function checkReadOnly(entry: HeartbeatEntry, defaults: HeartbeatDefaults, report: Report): void {
  const { modes, because } = defaults.readOnly
  const written = writtenMode(entry)
  if (written === undefined) {
    if (usualMode(defaults, true) !== null) return
    report(['readOnly'], `leaves no heartbeats of layer 2: ${because}`, 'off, or heartbeat.source: off written out')
    return
  }
  // An unknown mode has already been reported for its own key.
  if (modes.includes(written) || !defaults.modes.includes(written)) return
  const why =
    written === 'table' || written === 'message'
      ? `${writes[written]}, and readOnly forbids writing`
      : `does not go with readOnly: ${because}`
  report(['heartbeat', 'source', ...(typeof entry.source === 'object' ? ['mode'] : [])], why, listed(modes))
}

const writes = {
  table: 'updates a row at every heartbeat',
  message: 'writes into the log at every heartbeat, which a server accepts even in a read-only session',
}

function isSourceOff(entry: HeartbeatEntry): boolean {
  return writtenMode(entry) === 'off'
}

function runnerOf({ source }: HeartbeatEntry): JobRunner | undefined {
  return typeof source === 'object' ? source.by : undefined
}

function writtenMode({ source }: HeartbeatEntry): HeartbeatMode | undefined {
  return typeof source === 'object' ? source.mode : source
}

function modeOf(entry: HeartbeatEntry, readOnly: boolean, defaults: HeartbeatDefaults): HeartbeatMode {
  return writtenMode(entry) ?? usualMode(defaults, readOnly) ?? 'off'
}

export function heartbeatConfig(
  entry: HeartbeatEntry,
  readOnly: boolean,
  defaults: HeartbeatDefaults,
): HeartbeatConfig {
  const bothMs = entry.interval ?? 60_000
  const source = typeof entry.source === 'object' ? entry.source : undefined
  const mode = modeOf(entry, readOnly, defaults)
  return {
    connector: entry.connector === 'off' ? null : { intervalMs: entry.connector?.interval ?? bothMs },
    source: {
      mode,
      by: mode === 'job' ? (runnerOf(entry) ?? defaults.jobs[0] ?? null) : null,
      intervalMs: source?.interval ?? bothMs,
      schema: source?.schema ?? defaults.schema,
      table: source?.table ?? defaults.table,
      deliver: source?.deliver ?? false,
    },
  }
}
