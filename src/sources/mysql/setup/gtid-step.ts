import { type Fix, forPerson, inDatabase, query } from '../../../model/fix.ts'
import { EVERYBODY, manualStepIn, type SqlStep } from '../../admin/sql-step.ts'
import type { MysqlConfig } from '../config.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import type { ServiceFacts } from './service.ts'
import { setFix } from './setting.ts'

/** With several hosts the offset must be valid on each of them. */
export function gtidStep({ connection }: MysqlConfig, service: ServiceFacts): SqlStep {
  const set = (name: string, value: string) => setFix('mysql', name, value, service)
  const online: readonly Fix[] = [
    forPerson(
      'on every server of the replication, the replicas first, and each step on all of them before the next step:',
    ),
    inDatabase('SET PERSIST enforce_gtid_consistency = WARN', ADMINISTRATOR, {
      note: 'then wait for a normal load, and correct what the error log warns about',
    }),
    inDatabase('SET PERSIST enforce_gtid_consistency = ON', ADMINISTRATOR),
    inDatabase('SET PERSIST gtid_mode = OFF_PERMISSIVE', ADMINISTRATOR),
    inDatabase('SET PERSIST gtid_mode = ON_PERMISSIVE', ADMINISTRATOR),
    query("SHOW GLOBAL STATUS LIKE 'Ongoing_anonymous_transaction_count'", EVERYBODY, {
      note: 'wait until it is 0 on every server, and until the replicas have applied everything',
    }),
    inDatabase('SET PERSIST gtid_mode = ON', ADMINISTRATOR),
  ]
  return manualStepIn(null)('gtid-mode', connection.hosts.length > 1 ? GTID_HOSTS : GTID, {
    ...(connection.hosts.length > 1 ? {} : { optional: true }),
    fix:
      service.setting === null
        ? online
        : [set('enforce_gtid_consistency', 'ON'), set('gtid_mode', 'ON'), forPerson('then reboot as the service asks')],
    done: { query: "SELECT @@GLOBAL.gtid_mode = 'ON'", params: [] },
    evidence: { query: "SELECT CONCAT('gtid_mode is ', @@GLOBAL.gtid_mode)", params: [] },
  })
}

const GTID =
  'Without GTIDs an offset is a file and a position, which is valid only on this server: after a failover it is lost. These steps need no restart.'
const GTID_HOSTS =
  'The source has several hosts, and without GTIDs an offset is valid only on the server that it comes from.'
