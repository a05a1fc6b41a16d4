import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

/** What starts servers of PostgreSQL or reads one. */
const POSTGRESQL = [
  'test/integration/postgresql-*.test.ts',
  'test/e2e/**/*.test.ts',
  'test/conformance/{postgresql,two-kinds}.test.ts',
  'test/support/{postgresql,wait-for}.test.ts',
  'test/structure/{package,readme}.test.ts',
  'src/local-server/postgresql/*.test.ts',
  'src/doctor/examination.test.ts',
]

/** What starts servers of MySQL or MariaDB or reads one. */
const MYSQL = [
  'test/integration/{mysql,mariadb}-*.test.ts',
  'test/e2e/*-{mysql,mariadb}.test.ts',
  'test/conformance/mysql.test.ts',
  'test/support/mysql.test.ts',
  'src/local-server/mysql/*.test.ts',
]

/** What starts servers of MongoDB or reads one. */
const MONGODB = [
  'test/integration/mongodb-*.test.ts',
  'test/e2e/*-mongodb.test.ts',
  'test/conformance/mongodb.test.ts',
  'test/support/mongodb.test.ts',
  'src/local-server/mongodb/*.test.ts',
]

const COMMON = {
  testTimeout: 300_000,
  hookTimeout: 300_000,
  pool: 'forks',
  // The files of a worker share the modules, which take longer to load than most files to run.
  isolate: false,
} as const

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    // One kind after the other: the servers of one alone run at a time.
    projects: [
      {
        test: {
          ...COMMON,
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['node_modules', ...POSTGRESQL, ...MYSQL, ...MONGODB],
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...COMMON,
          name: 'postgresql',
          include: POSTGRESQL,
          exclude: ['node_modules', ...MYSQL, ...MONGODB],
          // Much of the time is spent waiting.
          maxWorkers: 3 * availableParallelism(),
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...COMMON,
          name: 'mysql',
          include: MYSQL,
          maxWorkers: 2 * availableParallelism(),
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...COMMON,
          name: 'mongodb',
          include: MONGODB,
          maxWorkers: 2 * availableParallelism(),
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
