import { shellWord } from '../../../model/shell-word.ts'
import type { PostgresqlConfig } from '../config.ts'
import { conninfoValue, protocolIdentifier } from './quoting.ts'

type Target = Pick<PostgresqlConfig['connection'], 'hosts' | 'database' | 'user'>

/** Whom psql is to ask, as one word of a shell's line; the password is asked for, or taken from ~/.pgpass. */
export function psqlTarget(target: Target, more: readonly string[] = []): string {
  return shellWord(conninfo(target, more))
}

/** The connection string. Of several hosts psql finds the primary by itself. */
export function conninfo({ hosts, database, user }: Target, more: readonly string[] = []): string {
  return [
    `host=${hosts.map(({ host }) => conninfoValue(host)).join(',')}`,
    `port=${hosts.map(({ port }) => port).join(',')}`,
    `dbname=${conninfoValue(database)}`,
    `user=${conninfoValue(user)}`,
    ...(hosts.length > 1 ? ['target_session_attrs=primary'] : []),
    ...more,
  ].join(' ')
}

/** For a shell: it is a command of the replication protocol, which the server refuses while the slot is read. */
export function alterSlot(
  { connection, slot }: { readonly connection: Target; readonly slot: string },
  change: 'FAILOVER true' | 'TWO_PHASE false',
): string {
  const alter = `ALTER_REPLICATION_SLOT ${protocolIdentifier(slot)} (${change})`
  return `psql ${psqlTarget(connection, ['replication=database'])} -c ${shellWord(alter)}`
}
