import type { ConnectionConfig } from './source-config.ts'

/** Where a connection leads, for people: 'shop on db.example:5432 or standby.example:5432'. */
export function connectionWords({ hosts, database }: Pick<ConnectionConfig, 'hosts' | 'database'>): string {
  return database === null ? hostWords(hosts) : `${database} on ${hostWords(hosts)}`
}

/** As they are written, to be found again. */
export function hostWords(hosts: ConnectionConfig['hosts']): string {
  return hosts.map(({ host, port }) => (port === null ? host : `${host}:${port}`)).join(' or ')
}
