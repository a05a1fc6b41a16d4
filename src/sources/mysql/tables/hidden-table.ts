import { type Fix, inDatabase, inShell } from '../../../model/fix.ts'
import { shellWord } from '../../../model/shell-word.ts'
import type { SourceConfig } from '../../source-config.ts'
import { checkedPattern } from '../../table-pattern.ts'
import { type Account, quoteAccount, quoteDatabaseObjects, quoteTable } from '../connect/quoting.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { type SelectGrants, seesTables } from './select-grants.ts'

export interface TableSight {
  readonly source: string
  readonly config: Pick<SourceConfig, 'exclude'>
  readonly selects: SelectGrants
  readonly account: Account
}

/** What shows the tables of an entry of `tables`, and no others. null: the user sees all tables that it can match. */
export function hiddenTable(entry: string, { source, config, selects, account }: TableSight): Fix | null {
  const [name, database] = checkedPattern(entry)
    .parts.map((pieces) => ({ exact: pieces.length === 1 ? pieces[0] : undefined, isAll: pieces.join('') === '' }))
    .reverse()
  if (seesTables(selects, database?.exact)) return null
  const to = quoteAccount(account.user, account.host)
  if (database?.exact !== undefined && name?.exact !== undefined)
    return inDatabase(
      `GRANT SELECT ON ${quoteTable({ database: database.exact, name: name.exact })} TO ${to}`,
      ADMINISTRATOR,
    )
  if (database?.exact !== undefined && name?.isAll === true && config.exclude.length === 0)
    return inDatabase(`GRANT SELECT ON ${quoteDatabaseObjects(database.exact)} TO ${to}`, ADMINISTRATOR)
  return inShell(`offbeat setup ${shellWord(source)} --apply`, {
    by: ADMINISTRATOR,
    note: 'it grants SELECT on each table that matches',
  })
}
