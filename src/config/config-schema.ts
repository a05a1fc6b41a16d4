import { z } from 'zod'
import type { SinkConfig, SqliteSinkConfig, StdoutSinkConfig } from '../sinks/sink-config.ts'
import { choice, duration, percent, text, toggle, wholeNumber } from '../sources/scalar-schema.ts'
import { type HealthConfig, LOG_LEVELS } from './config.ts'

const minuteMs = 60_000
const yearMs = 366 * 86_400_000
const defaultStore = 'offbeat.db'

const path = (what: string) => text({ expected: `the path of ${what}` })

const retain = z.strictObject({
  age: duration({
    minMs: minuteMs,
    tooShort: () => 'is shorter than a minute: messages would be deleted before they are read',
    maxMs: 100 * yearMs,
    tooLong: 'is longer than 100 years',
  })
    .prefault('7d')
    .describe('Older messages are deleted.'),
  messages: wholeNumber(1, 1e12, 'a whole number from 1')
    .prefault(10_000_000)
    .describe('Above this number the oldest messages are deleted.'),
})

const sqlite = z
  .strictObject({
    kind: z.literal('sqlite').describe('One SQLite file: topics, offsets and journal.'),
    path: path('the SQLite file').prefault(defaultStore).describe("The file; relative to this file's folder."),
    retain: retain.prefault({}).describe('How long messages are kept.'),
  })
  .transform(
    (entry): SqliteSinkConfig => ({
      kind: 'sqlite',
      path: entry.path,
      retain: { ageMs: entry.retain.age, messages: entry.retain.messages },
    }),
  )

const offsets = path('the SQLite file that keeps the offsets')
  .prefault(defaultStore)
  .describe("The SQLite file for offsets and journal; relative to this file's folder.")

const stdout = z
  .strictObject({
    kind: z.literal('stdout').describe('JSON lines on standard output.'),
    offsets,
    format: choice(['message', 'value'])
      .prefault('message')
      .describe(
        "message: each line has topic, key, value and ts_ms; value: each line is only the value, as readers of Debezium's JSON expect it.",
      ),
    heartbeats: toggle()
      .optional()
      .describe('Whether the heartbeats of layer 1 are printed too: on where absent, off with format: value.'),
  })
  .transform((entry): StdoutSinkConfig => ({ ...entry, heartbeats: entry.heartbeats ?? entry.format === 'message' }))

const discard = z.strictObject({
  kind: z.literal('discard').describe('Messages are counted and discarded, for measuring.'),
  offsets,
})

/** The schema of `sink`, chosen by its kind. */
export const sinkSchemas = {
  sqlite,
  stdout,
  discard,
} as const satisfies Record<SinkConfig['kind'], z.ZodType<SinkConfig>>

type SinkKind = keyof typeof sinkSchemas
const SINK_KINDS: readonly SinkKind[] = ['sqlite', 'stdout', 'discard']

export const sinkKind = choice(SINK_KINDS, { kafka: 'is not in this version; Kafka comes later' })

const health = z
  .strictObject({
    atRisk: z
      .strictObject({
        runway: duration({
          minMs: 0,
          tooShort: () => 'is below zero',
          maxMs: yearMs,
          tooLong: 'is longer than a year',
        })
          .prefault('24h')
          .describe('At risk when less time than this is left.'),
        used: percent().prefault('80%').describe('At risk when more of a limit than this is used.'),
      })
      .prefault({})
      .describe('When a source is at risk.'),
  })
  .transform(
    ({ atRisk }): HealthConfig => ({ atRisk: { runwaySeconds: atRisk.runway / 1000, usedRatio: atRisk.used } }),
  )

/** The top level of the file. `sources`, `sink` and `server` are parameters, because loading checks each of them separately. */
export function configSchema<Sources extends z.ZodType, Sink extends z.ZodType, Server extends z.ZodType>(
  sources: Sources,
  sink: Sink,
  server: Server,
) {
  return z.strictObject({
    sources: sources.describe('The databases that are captured, each under its name.'),
    sink: sink.describe('Where changes and heartbeats are delivered; a SQLite file beside this file where absent.'),
    server: server.describe('Health, metrics and status over HTTP; on loopback where absent.'),
    health: health.prefault({}).describe('When a source counts as at risk.'),
    log: z
      .strictObject({
        level: choice(LOG_LEVELS).prefault('info').describe('The least important messages that are logged.'),
      })
      .prefault({})
      .describe('The log on standard error.'),
  })
}

/** Names appear in topics and metrics, where other characters have a special meaning. */
export const SOURCE_NAME_PATTERN = '^[A-Za-z0-9_-]{1,64}$'
