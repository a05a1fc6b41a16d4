import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** A server that `tools/fetch-server.ts` can fetch: what Debian calls it, and where its programs are in the unpacked tree. */
export interface FetchedServer {
  /** e.g. 'MySQL 9'. */
  readonly title: string
  readonly packages: readonly string[]
  /** Suites of Debian that have it. */
  readonly suites: readonly string[]
  /** Relative to the tree; the first is the server. */
  readonly programs: readonly string[]
}

export const FETCHED_SERVERS = {
  'postgresql-19': {
    title: 'PostgreSQL 19',
    packages: ['postgresql-19'],
    suites: ['experimental', 'unstable'],
    programs: ['usr/lib/postgresql/19/bin/postgres', 'usr/lib/postgresql/19/bin/initdb'],
  },
  'mysql-9': {
    title: 'MySQL 9',
    packages: ['mysql-server-core', 'mysql-client-core'],
    suites: ['unstable'],
    programs: ['usr/sbin/mysqld', 'usr/bin/mysql', 'usr/bin/mysqlbinlog'],
  },
  'mariadb-11.8': {
    title: 'MariaDB 11.8',
    packages: ['mariadb-server-core', 'mariadb-client-core', 'mariadb-client'],
    suites: ['unstable'],
    programs: ['usr/sbin/mariadbd', 'usr/bin/mariadb', 'usr/bin/mariadb-binlog'],
  },
} as const satisfies Record<string, FetchedServer>

export type FetchedName = keyof typeof FETCHED_SERVERS

/**
 * Where a server is unpacked: outside the repository, so that it survives `npm ci`. As root it is where the user that servers run as can
 * read it, which root's home folder is not.
 */
export function fetchedTree(name: FetchedName, env: NodeJS.ProcessEnv): string {
  const home = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(process.getuid?.() === 0 ? '/var/cache' : home, 'offbeat', name)
}

/** The folder of the server's program. */
export function fetchedPrograms(name: FetchedName, env: NodeJS.ProcessEnv): string {
  return dirname(join(fetchedTree(name, env), FETCHED_SERVERS[name].programs[0]))
}
