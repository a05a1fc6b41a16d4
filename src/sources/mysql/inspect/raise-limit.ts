import { type Fix, forPerson, inDatabase } from '../../../model/fix.ts'
import { largerDisk } from '../../disk-limit.ts'
import type { MysqlKind } from '../config.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { SERVICE_RETENTION } from './retention.ts'
import { setPersistently, setUntilRestart } from './server-setting.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** What the servers accept at most: MySQL any 32-bit number of seconds, MariaDB and the old setting 99 days. */
const MOST_SECONDS: Readonly<Record<MysqlKind, number>> = { mysql: 2 ** 32 - 1, mariadb: 99 * 86_400 }
const MOST_DAYS = 99

const SPACE = 'the disk must have room for that much log'

/** Fixes that raise the limit to at least `value`, in the limit's own unit. */
export function raiseLimit(kind: MysqlKind, name: string, value: number): readonly Fix[] {
  switch (name) {
    case 'binlog_expire_logs_seconds': {
      const seconds = Math.min(Math.ceil(value / 1000), MOST_SECONDS[kind])
      // MySQL 5.7 has only expire_logs_days.
      const set = kind === 'mysql' ? setPersistently : setUntilRestart
      return [...set(name, String(seconds)), forPerson(SPACE)]
    }
    case 'expire_logs_days': {
      const days = Math.min(Math.ceil(value / DAY_MS), MOST_DAYS)
      // MySQL 5.7, which has no SET PERSIST.
      return [...setUntilRestart(name, String(days)), forPerson(SPACE)]
    }
    case 'max_binlog_total_size':
      // Only MariaDB has it.
      return [...setUntilRestart(name, String(Math.ceil(value))), forPerson(SPACE)]
    case SERVICE_RETENTION:
      return [
        inDatabase(
          `CALL mysql.rds_set_configuration('${SERVICE_RETENTION}', ${Math.ceil(value / HOUR_MS)})`,
          ADMINISTRATOR,
        ),
        forPerson('the service has a maximum: if it refuses the number, the connector cannot pause for that long'),
      ]
    default:
      return largerDisk(name, value, 'the binary log') ?? []
  }
}
