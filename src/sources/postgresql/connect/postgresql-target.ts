import { shellWord } from '../../../model/shell-word.ts'
import type { Host } from '../../connect/host-order.ts'
import type { DatabaseTarget, Product } from '../../connect/server-target.ts'
import type { FullConnection } from '../../connection-schema.ts'
import { conninfoValue, protocolIdentifier } from './quoting.ts'

export const POSTGRESQL_SERVER: Product = {
  name: 'PostgreSQL',
  client: (target) => `psql ${psqlTarget({ ...target, database: target.database ?? 'postgres', hosts: [target] })}`,
  starttls: 'postgres',
}

export function targetOf({ host, port }: Host, { database, user, tls }: FullConnection): DatabaseTarget {
  return { product: POSTGRESQL_SERVER, host, port, database, user, tls: tls.mode, certificate: tls.cert !== null }
}

type Target = Pick<FullConnection, 'hosts' | 'database' | 'user'>

/** The connection string for psql, as one shell word. psql asks for the password or takes it from ~/.pgpass. */
export function psqlTarget(target: Target, more: readonly string[] = []): string {
  return shellWord(conninfo(target, more))
}

/** The connection string. With several hosts, psql finds the primary itself. */
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

/** For a shell: it is a replication command, which the server refuses while the slot is read. */
export function alterSlot(
  { connection, slot }: { readonly connection: Target; readonly slot: string },
  change: 'FAILOVER true' | 'TWO_PHASE false',
): string {
  const alter = `ALTER_REPLICATION_SLOT ${protocolIdentifier(slot)} (${change})`
  return `psql ${psqlTarget(connection, ['replication=database'])} -c ${shellWord(alter)}`
}
