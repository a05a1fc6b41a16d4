import { type Fix, forPerson } from '../../../model/fix.ts'
import { SETTING_ON } from '../../../setup/managed-service.ts'
import type { MysqlKind } from '../config.ts'

/** Who runs a MySQL server. */
const MYSQL_SERVICES = ['self-managed', 'rds', 'aurora', 'cloud-sql', 'azure'] as const
/** Who runs a MariaDB server. Azure's service for it was ended. */
const MARIADB_SERVICES = ['self-managed', 'rds'] as const

type Service = (typeof MYSQL_SERVICES)[number]

export const SERVICES: { readonly [Kind in MysqlKind]: readonly Service[] } = {
  mysql: MYSQL_SERVICES,
  mariadb: MARIADB_SERVICES,
}

/** The differences between services, each from its own documentation (see docs/sources/mysql.md). None was tested on the service. */
export interface ServiceFacts {
  readonly title: string
  /** How to turn the binary log on. */
  readonly logBin: readonly Fix[]
  /** How to change any other setting. null: an administrator's session can change it with a statement. */
  readonly setting: ((name: string, value: string) => Fix) | null
  /** How the service limits the age of the log. null: by the server's own setting. */
  readonly retention: 'rds_configuration' | readonly Fix[] | null
  /** The service's administrator is allowed to create an event that runs as another user. */
  readonly namesDefiner: boolean
  readonly notes: readonly string[]
}

interface Managed extends Pick<ServiceFacts, 'title' | 'retention'> {
  readonly logBin: string
  readonly setting: (name: string, value: string) => Fix
  readonly notes: readonly string[]
}

function managed({ logBin, ...about }: Managed): ServiceFacts {
  return { logBin: [forPerson(logBin)], namesDefiner: false, ...about }
}

function rds(product: string): ServiceFacts {
  return managed({
    title: `Amazon RDS for ${product}`,
    logBin:
      'turn on automated backups of the instance (a backup retention period above 0): without them RDS writes no binary log',
    setting: SETTING_ON.rds,
    retention: 'rds_configuration',
    notes: [
      'RDS purges each file of the binary log as soon as it can, whatever binlog_expire_logs_seconds says, unless `binlog retention hours` is set. It takes at most 168 hours.',
    ],
  })
}

const MANAGED: { readonly [service in Exclude<Service, 'self-managed' | 'rds'>]: ServiceFacts } = {
  aurora: managed({
    title: 'Amazon Aurora MySQL',
    logBin:
      'set binlog_format = ROW in the DB cluster parameter group, which turns the binary log on, and reboot the writer',
    setting: SETTING_ON.aurora,
    retention: 'rds_configuration',
    notes: [
      'Connect to the endpoint of the cluster or of the writer: a reader of the same cluster has no binary log.',
      'Aurora purges each file of the binary log as soon as it can, unless `binlog retention hours` is set. It takes at most 2160 hours.',
    ],
  }),
  'cloud-sql': managed({
    title: 'Google Cloud SQL',
    logBin: 'turn on point-in-time recovery of the instance (--enable-bin-log); it restarts',
    setting: SETTING_ON['cloud-sql'],
    retention: [
      forPerson('set the days of retained transaction logs of the instance (--retained-transaction-log-days)'),
    ],
    notes: ['binlog_format is ROW there and cannot be changed.'],
  }),
  azure: managed({
    title: 'Azure Database for MySQL, flexible server',
    logBin: 'nothing: the binary log is always on',
    setting: SETTING_ON.azure,
    retention: null,
    notes: [
      'binlog_format is ROW there and cannot be changed. With binlog_expire_logs_seconds = 0, the default, a file is purged as soon as no replica needs it: set a time.',
    ],
  }),
}

/** An unknown service is treated as a self-managed server. */
export function serviceFacts(kind: MysqlKind, service: string): ServiceFacts {
  switch (SERVICES[kind].find((one) => one === service)) {
    case 'rds':
      return rds(kind === 'mysql' ? 'MySQL' : 'MariaDB')
    case 'aurora':
      return MANAGED.aurora
    case 'cloud-sql':
      return MANAGED['cloud-sql']
    case 'azure':
      return MANAGED.azure
    default:
      return SELF_MANAGED[kind]
  }
}

const SELF_MANAGED: { readonly [Kind in MysqlKind]: ServiceFacts } = {
  mysql: {
    title: 'self-managed',
    logBin: [
      forPerson(
        'in the section [mysqld] of the option file, remove skip-log-bin or set log_bin = binlog, and set server_id to a number of its own',
      ),
      forPerson('then restart the server'),
    ],
    setting: null,
    retention: null,
    namesDefiner: true,
    notes: [],
  },
  mariadb: {
    title: 'self-managed',
    logBin: [
      forPerson(
        'in the section [mariadb] of the option file, set log_bin = binlog, and server_id to a number of its own',
      ),
      forPerson('then restart the server'),
    ],
    setting: null,
    retention: null,
    namesDefiner: true,
    notes: [],
  },
}
