import type { ConnectionConfig } from './source-config.ts'

/** A connection's destination for messages: 'shop on db.example:5432 or standby.example:5432'. */
export function connectionWords({ hosts, database }: Pick<ConnectionConfig, 'hosts' | 'database'>): string {
  return database === null ? hostWords(hosts) : `${database} on ${hostWords(hosts)}`
}

/** The hosts as the configuration has them, so that a user can search for them. */
export function hostWords(hosts: ConnectionConfig['hosts']): string {
  return hosts.map(({ host, port }) => (port === null ? host : `${host}:${port}`)).join(' or ')
}
