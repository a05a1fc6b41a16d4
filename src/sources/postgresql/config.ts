import { z } from 'zod'
import { TABLE_WORDS } from '../../model/data-words.ts'
import { type FullConnection, fullConnection } from '../connection-schema.ts'
import { binaryMode, decimalMode, timeMode } from '../envelope-schema.ts'
import { choice, text, toggle } from '../scalar-schema.ts'
import type { EnvelopeConfig, SourceConfig } from '../source-config.ts'
import { type SourceDefaults, sourceConfig, sourceKeys } from '../source-schema.ts'
import { LIBPQ_PARAMETERS } from './url-parameter.ts'
import {
  DEFAULT_MODES,
  HSTORE_HANDLING_MODES,
  INTERVAL_HANDLING_MODES,
  type PostgresqlModes,
} from './values/postgresql-modes.ts'

export interface PostgresqlConfig extends SourceConfig {
  readonly kind: 'postgresql'
  readonly connection: FullConnection
  readonly primary: FullConnection | null
  readonly envelope?: EnvelopeConfig & PostgresqlModes
  readonly slot: string
  readonly publication: string
  /** 17 and later: the slot is created so that the server also keeps it on its standbys. */
  readonly failover: boolean
}

/** PostgreSQL's values for the keys that all sources have. */
export const POSTGRESQL_DEFAULTS = {
  kind: 'postgresql',
  schemes: ['postgresql', 'postgres'],
  port: 5432,
  database: 'required',
  user: 'required',
  urlParameters: LIBPQ_PARAMETERS,
  levels: ['schema', 'name'],
  words: TABLE_WORDS,
  connectorUser: 'streamkap_user',
  heartbeat: {
    schema: 'streamkap',
    table: 'streamkap_heartbeat',
    modes: ['table', 'message', 'job', 'off'],
    readOnly: { modes: ['job', 'off'], because: 'a scheduled job on the primary writes the heartbeats of layer 2' },
    jobs: ['database', 'external'],
  },
} as const satisfies SourceDefaults

const VALUE_MODES = {
  decimalHandlingMode: decimalMode('numeric'),
  timePrecisionMode: timeMode(),
  intervalHandlingMode: choice(INTERVAL_HANDLING_MODES)
    .prefault(DEFAULT_MODES.intervalHandlingMode)
    .describe(
      'How intervals are written: iso8601 is the text of PostgreSQL, numeric is microseconds, string has all fields. Debezium: interval.handling.mode, there numeric by default.',
    ),
  binaryHandlingMode: binaryMode('bytea'),
  hstoreHandlingMode: choice(HSTORE_HANDLING_MODES)
    .prefault(DEFAULT_MODES.hstoreHandlingMode)
    .describe(
      'How hstore is written: text is the text of PostgreSQL, json is a JSON object in a string, map is an object. Debezium: hstore.handling.mode, there json by default.',
    ),
}

const slotName = text({
  expected: '1 to 63 lower-case letters, digits and underscores, as PostgreSQL requires for a slot',
  pattern: '^[a-z0-9_]{1,63}$',
})

const publicationName = text({ expected: 'the name of a publication, 1 to 63 bytes', maxBytes: 63 })

/** One entry of `sources:` with `kind: postgresql`. */
export const postgresqlConfig: z.ZodType<PostgresqlConfig> = sourceConfig(
  POSTGRESQL_DEFAULTS,
  z.strictObject({
    ...sourceKeys(POSTGRESQL_DEFAULTS, VALUE_MODES),
    slot: slotName
      .prefault('streamkap_pgoutput_slot')
      .describe('The replication slot that is read; created when missing.'),
    publication: publicationName
      .prefault('streamkap_pub')
      .describe('The publication, which lists the tables that the server sends.'),
    failover: toggle()
      .prefault(false)
      .describe('PostgreSQL 17 and later: create the slot as a failover slot, which is synchronized to standbys.'),
  }),
  ({ envelope: _, ...common }, entry) => ({
    ...common,
    ...(entry.envelope === undefined ? {} : { envelope: entry.envelope }),
    kind: 'postgresql',
    connection: fullConnection(common.connection, POSTGRESQL_DEFAULTS),
    primary: common.primary === null ? null : fullConnection(common.primary, POSTGRESQL_DEFAULTS),
    slot: entry.slot,
    publication: entry.publication,
    failover: entry.failover,
    exclusive: common.connection.hosts.map(({ host, port }) => ({
      key: 'slot',
      id: `${entry.slot} on ${host.toLowerCase()}:${port}`,
      because: 'each would miss the changes that the other one reads',
    })),
  }),
)
