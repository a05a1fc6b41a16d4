import { z } from 'zod'
import { TABLE_WORDS } from '../../model/data-words.ts'
import type { ValueModes } from '../../values/value-modes.ts'
import { type ServerConnection, serverConnection } from '../connection-schema.ts'
import { binaryMode, decimalMode, timeMode } from '../envelope-schema.ts'
import { toggle, wholeNumber } from '../scalar-schema.ts'
import type { EnvelopeConfig, SourceConfig } from '../source-config.ts'
import { type SourceDefaults, sourceConfig, sourceKeys } from '../source-schema.ts'
import { isThisMachine } from '../tls-schema.ts'
import { MYSQL_PARAMETERS } from './url-parameter.ts'

export type MysqlKind = 'mysql' | 'mariadb'

export interface MysqlConfig extends SourceConfig {
  readonly kind: MysqlKind
  readonly connection: ServerConnection
  readonly primary: ServerConnection | null
  readonly envelope?: EnvelopeConfig & ValueModes
  /** The id by which the server knows this reader. null: derived from the names of the source and of the machine. */
  readonly serverId: number | null
  /** Without TLS, whether the password may be sent encrypted with a public key that the server sends. */
  readonly allowPublicKeyRetrieval: boolean
}

const COMMON = {
  port: 3306,
  database: 'none',
  user: 'required',
  urlParameters: MYSQL_PARAMETERS,
  levels: ['database', 'name'],
  words: TABLE_WORDS,
  connectorUser: 'streamkap_user',
  heartbeat: {
    // In MySQL a schema is a database.
    schema: 'streamkap',
    table: 'streamkap_heartbeat',
    modes: ['table', 'job', 'off'],
    readOnly: { modes: ['job', 'off'], because: 'an event on the primary writes the heartbeats of layer 2' },
    jobs: ['database', 'external'],
  },
} as const satisfies Omit<SourceDefaults, 'kind' | 'schemes'>

export const MYSQL_DEFAULTS = { ...COMMON, kind: 'mysql', schemes: ['mysql'] } as const satisfies SourceDefaults

export const MARIADB_DEFAULTS = {
  ...COMMON,
  kind: 'mariadb',
  schemes: ['mariadb', 'mysql'],
} as const satisfies SourceDefaults

const LARGEST_SERVER_ID = 0xffff_ffff

const VALUE_MODES = {
  decimalHandlingMode: decimalMode('decimal'),
  timePrecisionMode: timeMode(),
  binaryHandlingMode: binaryMode('binary and blob'),
}

function configOf<Kind extends MysqlKind>(defaults: SourceDefaults & { readonly kind: Kind }): z.ZodType<MysqlConfig> {
  return sourceConfig(
    defaults,
    z.strictObject({
      ...sourceKeys(defaults, VALUE_MODES),
      serverId: wholeNumber(1, LARGEST_SERVER_ID, `a number from 1 to ${LARGEST_SERVER_ID}`)
        .optional()
        .describe(
          'The server id of this reader, which no other replica or reader of the same server can have; derived from the names of the source and of this machine when absent.',
        ),
      allowPublicKeyRetrieval: toggle()
        .optional()
        .describe(
          'Without TLS: send the password encrypted with a key that the server sends, which an attacker on the network could replace. On by default if every host is this machine.',
        ),
    }),
    ({ envelope: _, ...common }, entry) => ({
      ...common,
      ...(entry.envelope === undefined ? {} : { envelope: entry.envelope }),
      kind: defaults.kind,
      connection: serverConnection(common.connection, defaults),
      primary: common.primary === null ? null : serverConnection(common.primary, defaults),
      serverId: entry.serverId ?? null,
      allowPublicKeyRetrieval:
        entry.allowPublicKeyRetrieval ?? common.connection.hosts.every(({ host }) => isThisMachine(host)),
      exclusive: exclusive(common.connection.hosts, entry.serverId),
    }),
  )
}

function exclusive(
  hosts: SourceConfig['connection']['hosts'],
  serverId: number | undefined,
): NonNullable<SourceConfig['exclusive']> {
  if (serverId === undefined) return []
  const because = 'the server would end the stream of one whenever the other one connects'
  return hosts.map(({ host, port }) => ({
    key: 'serverId',
    id: `${serverId} on ${host.toLowerCase()}:${port}`,
    because,
  }))
}

/** One entry of `sources:` with `kind: mysql`. */
export const mysqlConfig: z.ZodType<MysqlConfig> = configOf(MYSQL_DEFAULTS)

/** One entry of `sources:` with `kind: mariadb`. */
export const mariadbConfig: z.ZodType<MysqlConfig> = configOf(MARIADB_DEFAULTS)
