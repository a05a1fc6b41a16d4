import { advice, type CheckFix, type CheckResult, finding, manual, well } from '../../../check.ts'
import { listed } from '../../../listed.ts'
import type { MysqlConnection } from '../../connect/connection.ts'
import { type QualifiedName, quoteTable } from '../../connect/quoting.ts'
import type { ServerVersion } from '../../connect/server-version.ts'
import { logStatus } from '../../inspect/log-files.ts'
import { type Channel, listOf } from './channel.ts'
import { channelCommands, onReplica } from './channel-command.ts'
import { channelName, type Replication } from './replication-result.ts'
import { isFiltering, leavesOut, NO_FILTERS, type TableFilters } from './table-filter.ts'

/** The filters of the log that the server writes. */
export async function readLogFilters(connection: MysqlConnection, signal: AbortSignal): Promise<TableFilters> {
  const row = await logStatus(connection, signal)
  return row === null
    ? NO_FILTERS
    : { ...NO_FILTERS, doDatabases: listOf(row, 'Binlog_Do_DB'), ignoreDatabases: listOf(row, 'Binlog_Ignore_DB') }
}

const NOTHING = 'no rule that leaves out the heartbeat table or a watched table'

/** Which of the tables are kept out of the log by its own filters. */
export function logFilterResult(filters: TableFilters, tables: readonly QualifiedName[]): CheckResult {
  const { doDatabases, ignoreDatabases } = filters
  const rules = [
    ...doDatabases.map((name) => `binlog_do_db = ${name}`),
    ...ignoreDatabases.map((name) => `binlog_ignore_db = ${name}`),
  ]
  const out = leftOut(filters, tables)
  if (out.length === 0) return well(rules.length === 0 ? 'none' : rules.join(', '), NOTHING)
  return finding('fail', 'MYSQL_LOG_FILTERED', {
    found: `${rules.join(', ')}: the log does not have ${listed(out)}`,
    expected: NOTHING,
    fix: [
      advice('remove the lines binlog_do_db and binlog_ignore_db from the option file of the server'),
      advice('restart the server'),
    ],
  })
}

/** Which of the tables a replica does not apply, and so does not log. null: it is no replica. */
export function replicationFilterResult(
  { version, channels }: Replication,
  tables: readonly QualifiedName[],
): CheckResult | null {
  if (channels.length === 0) return null
  const results = channels.map((channel) => ofChannel(version, channel, tables))
  return results.find(({ status }) => status === 'fail') ?? NONE
}

const NONE = well('nothing that is watched is left out', NOTHING)

function ofChannel(version: ServerVersion, channel: Channel, tables: readonly QualifiedName[]): CheckResult {
  const out = isFiltering(channel.filters) ? leftOut(channel.filters, tables) : []
  if (out.length === 0) return NONE
  return finding('fail', 'MYSQL_REPLICATION_FILTERED', {
    found: `${channelName(channel)}the replica neither applies nor logs ${listed(out)}`,
    expected: NOTHING,
    fix: removal(version, channel),
  })
}

function leftOut(filters: TableFilters, tables: readonly QualifiedName[]): readonly string[] {
  return tables.filter((table) => leavesOut(filters, table)).map((table) => quoteTable(table))
}

const RULES = [
  'replicate_do_db',
  'replicate_ignore_db',
  'replicate_do_table',
  'replicate_ignore_table',
  'replicate_wild_do_table',
  'replicate_wild_ignore_table',
]
const ON_PURPOSE = 'the filter may be there on purpose'

function removal(version: ServerVersion, channel: Channel): readonly CheckFix[] {
  const { stop, start, forChannel, ofConnection } = channelCommands(version, channel)
  const remove =
    version.product === 'mysql'
      ? [`CHANGE REPLICATION FILTER ${RULES.map((rule) => `${rule.toUpperCase()} = ()`).join(', ')}${forChannel}`]
      : RULES.map((rule) => `SET GLOBAL ${ofConnection}${rule} = ''`)
  return [
    ...[stop, ...remove, start].map((text) => manual(onReplica(text), ON_PURPOSE)),
    advice('remove the rules from the option file of the replica too, if they are there'),
  ]
}
