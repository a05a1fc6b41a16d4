import { type Fix, forPerson, inDatabase, inShell } from '../../../model/fix.ts'
import { SETTING_ON } from '../../../setup/managed-service.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'

/** Who runs a PostgreSQL server. */
export const SERVICES = ['self-managed', 'rds', 'aurora', 'cloud-sql', 'azure', 'alloydb', 'supabase', 'neon'] as const

export type Service = (typeof SERVICES)[number]

/** The differences between services, each from its own documentation (see docs/sources/postgresql.md). None was tested on the service. */
export interface ServiceFacts {
  readonly title: string
  /** How to set `wal_level = logical`. */
  readonly walLevel: readonly Fix[]
  /** How to change any other setting. */
  readonly setting: (name: string, value: string) => Fix
  /** The role that replaces the REPLICATION attribute; null: the attribute itself. */
  readonly replicationRole: string | null
  /** What makes pg_cron available. */
  readonly schedulerSetting: readonly Fix[]
  /** The service's administrator is a superuser, who can schedule a job as another user. */
  readonly superuser: boolean
  /** The server accepts the hash of a password in place of the password. */
  readonly takesVerifier: boolean
  readonly notes: readonly string[]
}

const OWNER_NOTE =
  'The administrator of a managed service is no superuser: to publish a table, or to grant on it, it must own the table or be a member of the role that does (GRANT owner TO administrator).'

const SELF_MANAGED: ServiceFacts = {
  title: 'self-managed',
  walLevel: [inDatabase('ALTER SYSTEM SET wal_level = logical', SUPERUSER), forPerson('then restart the server')],
  setting: (name, value) => inDatabase(`ALTER SYSTEM SET ${name} = ${value}`, SUPERUSER),
  replicationRole: null,
  schedulerSetting: [
    forPerson(
      'install pg_cron for this version of PostgreSQL, and add it to shared_preload_libraries in postgresql.conf',
    ),
    forPerson('then restart the server'),
  ],
  superuser: true,
  takesVerifier: true,
  notes: [],
}

interface Managed extends Pick<ServiceFacts, 'title' | 'setting'>, Partial<Pick<ServiceFacts, 'replicationRole'>> {
  readonly walLevel: string
  /** What makes pg_cron available. */
  readonly scheduler: string
  readonly notes: readonly string[]
}

function managed({ walLevel, scheduler, notes, ...about }: Managed): ServiceFacts {
  return {
    walLevel: [forPerson(walLevel)],
    schedulerSetting: [forPerson(scheduler)],
    replicationRole: null,
    superuser: false,
    takesVerifier: false,
    notes: [...notes, OWNER_NOTE],
    ...about,
  }
}

function amazon(title: string, group: string, setting: ServiceFacts['setting']): ServiceFacts {
  return managed({
    title,
    walLevel: `set rds.logical_replication = 1 in the ${group}, and reboot the writer`,
    setting,
    replicationRole: 'rds_replication',
    scheduler: `add pg_cron to shared_preload_libraries in the ${group}, and reboot`,
    notes: [
      `${title} grants replication through the role rds_replication; the attribute REPLICATION is not available there.`,
      'The service writes to its own database every few minutes, so the log grows on an idle instance too: a slot without a reader fills the storage.',
    ],
  })
}

export const SERVICE_FACTS: { readonly [service in Service]: ServiceFacts } = {
  'self-managed': SELF_MANAGED,
  rds: amazon('Amazon RDS', 'DB parameter group', SETTING_ON.rds),
  aurora: amazon('Amazon Aurora', 'DB cluster parameter group', SETTING_ON.aurora),
  'cloud-sql': managed({
    title: 'Google Cloud SQL',
    walLevel: 'set the flag cloudsql.logical_decoding = on on the instance; it restarts',
    setting: SETTING_ON['cloud-sql'],
    scheduler:
      'set the flag cloudsql.enable_pg_cron = on on the instance (and cron.database_name if needed); it restarts',
    notes: ['Run it as a user with the role cloudsqlsuperuser, such as postgres.'],
  }),
  azure: managed({
    title: 'Azure Database for PostgreSQL, flexible server',
    walLevel:
      'set the server parameter wal_level = LOGICAL (and max_worker_processes of at least 16), save, and restart the server',
    setting: SETTING_ON.azure,
    scheduler:
      'add PG_CRON to the server parameters azure.extensions and shared_preload_libraries, and restart the server',
    notes: [
      'A role needs REPLICATION to grant it: run ALTER ROLE <administrator> WITH REPLICATION first.',
      'From PostgreSQL 16 on that role also needs ADMIN OPTION on the users it changes; it has it on those that it created.',
    ],
  }),
  alloydb: managed({
    title: 'Google AlloyDB',
    walLevel: 'set the flag alloydb.logical_decoding = on on the primary instance; it restarts',
    setting: (name, value) => forPerson(`set the flag ${name} = ${value} on the primary instance`),
    scheduler: 'set the flag alloydb.enable_pg_cron = on on the primary instance; it restarts',
    notes: ['Run it as a user with the role alloydbsuperuser, such as postgres.'],
  }),
  supabase: managed({
    title: 'Supabase',
    walLevel: 'nothing: wal_level is logical on every project',
    setting: (name, value) =>
      inShell(`supabase --experimental --project-ref <project> postgres-config update --config ${name}=${value}`),
    scheduler: 'nothing: pg_cron is available; turn it on under Integrations, or with CREATE EXTENSION',
    notes: [
      'Connect directly, not through the pooler, which does not speak the replication protocol; a direct connection needs IPv6, or the IPv4 add-on.',
      'Before PostgreSQL 17 only the user postgres can replicate there: use it in the source, and skip the statements for the user.',
      'max_slot_wal_keep_size is small there by default: raise it, or the position is lost in a pause of a few hours.',
    ],
  }),
  neon: managed({
    title: 'Neon',
    walLevel:
      'turn on logical replication in the settings of the project; it restarts its computes and cannot be undone',
    setting: (name, value) => forPerson(`ask the service to set ${name} = ${value}: users cannot set it`),
    scheduler:
      'have cron.database_name set for the compute (an update of its settings by the API), and restart it; jobs run only while the compute is up',
    notes: [
      'Connect to the compute directly: the pooled host (with -pooler in its name) does not speak the replication protocol.',
      'Neon removes a slot that was not read for about 40 hours when another one is active, and all slots when a branch is restored.',
      'An active reader keeps the compute from scaling to zero.',
    ],
  }),
}
