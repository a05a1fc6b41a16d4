import { inDatabase, query, type StatementFix } from '../../../model/fix.ts'
import type { HeartbeatFixes } from '../../heartbeat/facts.ts'
import { lockFix } from '../../heartbeat/lock-holder.ts'
import { SUPERUSER, TABLE_OWNER } from '../connect/fix-runner.ts'
import { quoteIdentifier } from '../connect/quoting.ts'
import { setForRole } from '../inspect/setting-origin.ts'
import { type BeatSight, READ_ONLY } from './beat-sight.ts'
import { byOwner, lockWords, suppressionFix } from './heartbeat-obstacle.ts'
import { heartbeatGrants, heartbeatTableName, insertHeartbeatRow, tableFix } from './heartbeat-table.ts'
import { jobFix, jobFixes } from './job/job-fixes.ts'

export function heartbeatFixes(sight: BeatSight): HeartbeatFixes {
  const { config } = sight
  const at = config.connection.database
  const user = () => sight.role.name
  const name = heartbeatTableName(config)
  return {
    createTable: () => tableFix(config, user(), sight.published?.publication.allTables === false),
    dropTable: () => byOwner(config, `DROP TABLE ${name}`),
    insertRow: () => inDatabase(insertHeartbeatRow(config), 'a user with INSERT on the table', { at }),
    grant: () => heartbeatGrants(config, user()).map((text) => byOwner(config, text)),
    grantRead: () => inDatabase(`GRANT SELECT ON ${name} TO ${quoteIdentifier(user())}`, TABLE_OWNER, { at }),
    readRow: () => query(`SELECT id, last_update FROM ${name}`, 'a user with SELECT on the table', { at }),
    makeWritable: () => makeWritable(sight),
    unlock: () => lockFix(sight.heartbeat.obstacles?.holders ?? [], lockWords(config)),
    letThrough: () => {
      const { obstacles } = sight.heartbeat
      return obstacles === null ? [] : suppressionFix(config, user(), obstacles)
    },
    checkJob: () => jobFix(name),
    get jobs() {
      const { scheduler } = sight
      return scheduler?.seen === 'scheduler' ? jobFixes(scheduler.scheduler, sight) : null
    },
  }
}

/** The administrator's session can be read-only for the same reason. */
function makeWritable({ config, role }: BeatSight): readonly StatementFix[] {
  const { connection } = config
  const origin = role.origins.get(READ_ONLY) ?? 'server'
  return [`SET ${READ_ONLY} = off`, setForRole(origin, connection, `${READ_ONLY} = off`)].map((text) =>
    inDatabase(text, SUPERUSER, { at: connection.database }),
  )
}
