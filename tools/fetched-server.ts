import { dirname, join } from 'node:path'
import { fetchedFolder } from '../src/local-server/fetched-folder.ts'

/** A server that `tools/fetch-server.ts` can fetch: the names of its Debian packages, and where its programs are in the unpacked tree. */
export interface FetchedServer {
  /** e.g. 'MySQL 9'. */
  readonly title: string
  readonly packages: readonly string[]
  /** The Debian suites that contain it. */
  readonly suites: readonly string[]
  /** Paths relative to the tree. The first is the server. Empty: there are only files. */
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
  'binlogs-10.11': {
    title: "the old log files of MariaDB's own tests",
    packages: ['mariadb-test-data'],
    suites: ['bookworm'],
    programs: [],
  },
} as const satisfies Record<string, FetchedServer>

export type FetchedName = keyof typeof FETCHED_SERVERS

/** Where a server is unpacked. */
export function fetchedTree(name: FetchedName, env: NodeJS.ProcessEnv): string {
  return join(fetchedFolder(env), name)
}

/** The folder that contains the server's program. */
export function fetchedPrograms(name: FetchedName, env: NodeJS.ProcessEnv): string {
  const [server = ''] = FETCHED_SERVERS[name].programs
  return dirname(join(fetchedTree(name, env), server))
}
