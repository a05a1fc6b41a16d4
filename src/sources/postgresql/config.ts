import { z } from 'zod'
import { type DiskConfig, diskSchema } from '../disk-schema.ts'
import { text, toggle } from '../scalar-schema.ts'
import type { SourceConfig } from '../source-config.ts'
import { type SourceDefaults, sourceConfig, sourceKeys } from '../source-schema.ts'

export interface PostgresqlConfig extends SourceConfig {
  readonly kind: 'postgresql'
  readonly slot: string
  readonly publication: string
  /** 17 and later: the slot is made so that the server keeps it on its standbys too. */
  readonly failover: boolean
  /** null: its size was not told. */
  readonly disk: DiskConfig | null
}

/** What belongs to PostgreSQL among the keys that all sources have. */
export const POSTGRESQL_DEFAULTS = {
  kind: 'postgresql',
  schemes: ['postgresql', 'postgres'],
  port: 5432,
  levels: 2,
  heartbeat: {
    schema: 'streamkap',
    table: 'streamkap_heartbeat',
    modes: ['table', 'message', 'job', 'off'],
    readOnly: { modes: ['job', 'off'], because: 'a scheduled job on the primary writes the heartbeats of layer 2' },
    jobs: ['database', 'external'],
  },
} as const satisfies SourceDefaults

const slotName = text({
  expected: '1 to 63 lower-case letters, digits and underscores, as PostgreSQL requires for a slot',
  pattern: '^[a-z0-9_]{1,63}$',
})

const publicationName = text({ expected: 'the name of a publication, 1 to 63 bytes', maxBytes: 63 })

/** One entry of `sources:` with `kind: postgresql`. */
export const postgresqlConfig: z.ZodType<PostgresqlConfig> = sourceConfig(
  POSTGRESQL_DEFAULTS,
  z.strictObject({
    ...sourceKeys(POSTGRESQL_DEFAULTS),
    slot: slotName
      .prefault('streamkap_pgoutput_slot')
      .describe('The replication slot that is read; created when missing.'),
    publication: publicationName
      .prefault('streamkap_pub')
      .describe('The publication, which lists the tables that the server sends.'),
    failover: toggle()
      .prefault(false)
      .describe('PostgreSQL 17 and later: create the slot as a failover slot, which is synchronized to standbys.'),
    disk: diskSchema(),
  }),
  (common, entry) => ({
    ...common,
    kind: 'postgresql',
    slot: entry.slot,
    publication: entry.publication,
    failover: entry.failover,
    disk: entry.disk ?? null,
    exclusive: common.connection.hosts.map(({ host, port }) => ({
      key: 'slot',
      id: `${entry.slot} on ${host.toLowerCase()}:${port}`,
    })),
  }),
)
