import { z } from 'zod'
import type { DataWords } from '../model/data-words.ts'
import type { ConnectionDefaults } from './connection-defaults.ts'
import { type ConnectionEntry, checkConnection, connectionConfig, connectionKeys } from './connection-schema.ts'
import { type DiskConfig, diskSchema } from './disk-schema.ts'
import { envelopeSchema } from './envelope-schema.ts'
import {
  checkHeartbeat,
  type HeartbeatDefaults,
  type HeartbeatEntry,
  heartbeatConfig,
  heartbeatSchema,
} from './heartbeat-schema.ts'
import { checkPrimary, primaryConfig, primarySchema } from './primary-schema.ts'
import { Mistake, scalar, toggle } from './scalar-schema.ts'
import type { EnvelopeConfig, SourceConfig } from './source-config.ts'
import type { TableLevels } from './table-levels.ts'
import { parseTablePattern } from './table-pattern.ts'
import type { Report } from './tls-schema.ts'

/** A database's defaults for the keys that all sources have. */
export interface SourceDefaults extends ConnectionDefaults {
  readonly kind: string
  readonly heartbeat: HeartbeatDefaults
  /** The user that we propose for the connector when the connection is an administrator's. */
  readonly connectorUser: string
  /** The parts of a table's name in `tables`. */
  readonly levels: TableLevels
  readonly words: DataWords
}

/** The keys of every source's entry. A database adds its own to them, in one `z.strictObject`. `modes`: see `envelopeSchema`. */
export function sourceKeys<Modes extends z.core.$ZodLooseShape>(defaults: SourceDefaults, modes: Modes) {
  return {
    kind: z.literal(defaults.kind).describe('Which database it is.'),
    ...connectionKeys(defaults),
    tables: z
      .array(tablePattern(defaults))
      .prefault([])
      .describe(`The watched ${defaults.words.table}s; empty or absent: all.`),
    exclude: z
      .array(tablePattern(defaults))
      .prefault([])
      .describe(`The ${defaults.words.table}s that are excluded although \`tables\` matches them.`),
    readOnly: toggle()
      .prefault(false)
      .describe(`Never write on this connection: ${defaults.heartbeat.readOnly.because}.`),
    primary: primarySchema(defaults)
      .optional()
      .describe(
        'With readOnly: the primary, where the doctor checks the scheduled job and `offbeat beat` writes as a job; keys that are left out are as for the source.',
      ),
    heartbeat: heartbeatSchema(defaults.heartbeat).prefault({}).describe('The two layers of heartbeats.'),
    envelope: envelopeSchema(modes).optional().describe('The form of messages; Debezium has the same options.'),
    truncates: toggle().prefault(false).describe('Deliver a message when a table is truncated.'),
    disk: diskSchema(),
  }
}

function tablePattern({ levels, words: { table } }: SourceDefaults) {
  const expected =
    levels.length === 1
      ? `a ${table} such as orders, or a pattern such as "order*"`
      : `a ${table} such as sales.orders, or a pattern such as "sales.*"`
  return scalar({ type: 'string', minLength: 1 }, expected, (value): string | Mistake => {
    if (typeof value !== 'string') return new Mistake('is not text', expected)
    const { mistake } = parseTablePattern(value, levels.length)
    if (mistake === null) return value
    return new Mistake(`is not a ${table}'s name: ${mistake.message}, at character ${mistake.at + 1}`, expected)
  })
}

type SourceEntry = ConnectionEntry & {
  readonly tables: readonly string[]
  readonly exclude: readonly string[]
  readonly truncates: boolean
  readonly readOnly: boolean
  readonly primary?: ConnectionEntry | undefined
  readonly heartbeat: HeartbeatEntry
  readonly envelope?: EnvelopeConfig | undefined
  readonly disk?: DiskConfig | undefined
}

/** The common part of every database's configuration. */
export type CommonConfig = Omit<SourceConfig, 'kind' | 'exclusive'>

/**
 * The schema of one entry of `sources:`. First `schema` checks each key. Then keys are checked against each other, even if a single key is
 * wrong, so that all mistakes are reported together. Then `build` creates the configuration.
 */
export function sourceConfig<Entry extends SourceEntry, Config extends SourceConfig>(
  defaults: SourceDefaults,
  schema: z.ZodType<Entry>,
  build: (common: CommonConfig, entry: Entry) => Config,
): z.ZodType<Config> {
  return schema
    .superRefine((entry, context) => checkEntry(entry, defaults, reporter(context)), { when: isObject })
    .transform((entry) => build(commonConfig(entry, defaults), entry))
}

function isObject(payload: { readonly value: unknown }): boolean {
  return typeof payload.value === 'object' && payload.value !== null
}

function reporter(context: z.RefinementCtx): Report {
  return (path, message, expected) =>
    context.addIssue({ code: 'custom', path: [...path], message, params: { expected } })
}

function checkEntry(entry: Partial<SourceEntry>, defaults: SourceDefaults, report: Report): void {
  checkConnection(entry, defaults, report)
  checkPrimary(entry, defaults, report)
  if (typeof entry.heartbeat === 'object' && entry.heartbeat !== null)
    checkHeartbeat(entry.heartbeat, entry.readOnly === true, defaults.heartbeat, report)
}

function commonConfig(entry: SourceEntry, defaults: SourceDefaults): CommonConfig {
  const connection = connectionConfig(entry, defaults)
  return {
    connection,
    tables: entry.tables,
    exclude: entry.exclude,
    ...(entry.envelope === undefined ? {} : { envelope: entry.envelope }),
    truncates: entry.truncates,
    readOnly: entry.readOnly,
    primary: entry.primary === undefined ? null : primaryConfig(entry.primary, { ...entry, connection }, defaults),
    heartbeat: heartbeatConfig(entry.heartbeat, entry.readOnly, defaults.heartbeat),
    disk: entry.disk ?? null,
  }
}
