import { type Fix, inDatabase } from '../../../model/fix.ts'
import { checkedPattern } from '../../table-pattern.ts'
import { type Account, quoteAccount, quoteDatabaseObjects, quoteTable } from '../connect/quoting.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { type SelectGrants, seesTables } from './evidence/account.ts'

/** The grant that shows the tables of an entry of `tables`. null: the user sees all tables that it can match. */
export function hiddenTable(entry: string, selects: SelectGrants, { user, host }: Account): Fix | null {
  const [name, database] = checkedPattern(entry)
    .parts.map((pieces) => (pieces.length === 1 ? pieces[0] : undefined))
    .reverse()
  if (seesTables(selects, database)) return null
  return inDatabase(`GRANT SELECT ON ${grantedOn(database, name)} TO ${quoteAccount(user, host)}`, ADMINISTRATOR)
}

function grantedOn(database: string | undefined, name: string | undefined): string {
  if (database === undefined) return '*.*'
  return name === undefined ? quoteDatabaseObjects(database) : quoteTable({ database, name })
}
