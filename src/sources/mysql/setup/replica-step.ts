import { forPerson } from '../../../model/fix.ts'
import { manualStepIn, type SqlStep } from '../../admin/sql-step.ts'
import type { MysqlConfig } from '../config.ts'

/** What a replica needs that is read. It is another server than the administrator's, so it is not checked here. */
export function replicaSteps({ kind, readOnly, primary }: MysqlConfig): readonly SqlStep[] {
  if (!readOnly && primary === null) return []
  const [section, updates] = kind === 'mysql' ? ['mysqld', 'log_replica_updates'] : ['mariadb', 'log_slave_updates']
  return [
    manualStepIn(null)('replica-log', WHY, {
      onlyWhere: 'the source reads a replica',
      fix: [
        forPerson(
          `on the replica, in the section [${section}] of the option file: log_bin = binlog; ${updates} = ON; binlog_format = ROW; binlog_row_metadata = FULL${kind === 'mysql' ? ' (log_slave_updates before MySQL 8.0.26)' : ''}`,
        ),
        forPerson('then restart the replica; `offbeat doctor` checks it'),
      ],
      done: null,
    }),
  ]
}

const WHY =
  'A replica that is read must write what it applies to its own binary log. It has its own settings: those above are for the primary.'
