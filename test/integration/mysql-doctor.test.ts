import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examineNow, expectFixed, healthyMysql, type MysqlProblem, sql, watchingAll } from '../support/broken-mysql.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { watchedMysql } from '../support/mysql-watched.ts'

/** `id`: without the kind. */
const PROBLEMS: readonly MysqlProblem[] = [
  {
    code: 'DATABASE_PERMISSION',
    id: 'replication-grants',
    cause: sql("REVOKE REPLICATION SLAVE ON *.* FROM '{user}'"),
  },
  {
    code: 'TABLE_NOT_READABLE',
    id: 'watched-grants',
    cause: async (examined) => {
      const { name, user, query } = examined.database
      await query(`REVOKE SELECT ON ${name}.* FROM '${user}'; GRANT SELECT (id) ON ${name}.item TO '${user}';
        GRANT INSERT ON ${name}.item TO '${user}'`)
      return {}
    },
  },
  { code: 'MYSQL_LOG_FORMAT', id: 'binlog-format', cause: sql('SET GLOBAL binlog_format = MIXED') },
  { code: 'MYSQL_ROW_IMAGE', id: 'row-image', cause: sql('SET GLOBAL binlog_row_image = MINIMAL') },
  { code: 'MYSQL_ROW_METADATA', id: 'row-metadata', cause: sql('SET GLOBAL binlog_row_metadata = MINIMAL') },
  { code: 'MYSQL_NO_CHECKSUM', id: 'checksum', cause: sql('SET GLOBAL binlog_checksum = NONE') },
  { code: 'RETENTION_UNBOUNDED', id: 'retention', cause: sql('SET GLOBAL binlog_expire_logs_seconds = 0') },
  { code: 'RETENTION_SHORT', id: 'retention', cause: sql('SET GLOBAL binlog_expire_logs_seconds = 7200') },
  { code: 'RETENTION_SHORT', id: 'retention', cause: sql('SET GLOBAL binlog_expire_logs_seconds = 60') },
  {
    code: 'MYSQL_NO_KEY',
    id: 'keys',
    cause: watchingAll(
      'DROP TABLE unwatched',
      'CREATE TABLE keyless (a int, b int)',
      'CREATE TABLE near (a int NOT NULL, b int UNIQUE, UNIQUE (a))',
    ),
  },
  {
    code: 'MYSQL_NOT_TRANSACTIONAL',
    id: 'engines',
    cause: watchingAll('CREATE TABLE old (id int PRIMARY KEY) ENGINE = MyISAM'),
  },
]

const CASCADE: MysqlProblem = {
  code: 'MYSQL_CASCADE_NOT_LOGGED',
  id: 'cascades',
  cause: watchingAll(
    'CREATE TABLE parent (a int, b int, PRIMARY KEY (a, b))',
    'CREATE TABLE child (id int PRIMARY KEY, a int, b int, CONSTRAINT `to parent` FOREIGN KEY (a, b) REFERENCES parent (a, b) ON DELETE CASCADE)',
    'CREATE TABLE other (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES parent (a, b) ON UPDATE SET NULL)',
  ),
}

const OF_MYSQL: readonly MysqlProblem[] = [
  {
    code: 'MYSQL_EVENT_UNSUPPORTED',
    id: 'row-options',
    cause: sql('SET GLOBAL binlog_row_value_options = PARTIAL_JSON', 'SET GLOBAL binlog_row_image = MINIMAL'),
    afterwards: sql('SET GLOBAL binlog_row_image = FULL'),
  },
  {
    code: 'RETENTION_UNBOUNDED',
    id: 'retention',
    cause: sql('SET GLOBAL binlog_expire_logs_auto_purge = OFF'),
    printed: [
      'SET PERSIST binlog_expire_logs_auto_purge = ON;  -- on a managed service set it in the parameters of its console',
    ],
  },
  {
    code: 'MYSQL_NO_GTIDS',
    id: 'gtid-mode',
    cause: sql(
      'SET GLOBAL gtid_mode = ON_PERMISSIVE',
      'SET GLOBAL gtid_mode = OFF_PERMISSIVE',
      'SET GLOBAL gtid_mode = OFF',
      'SET GLOBAL enforce_gtid_consistency = OFF',
    ),
  },
]

const withKind = (kind: string, problem: MysqlProblem): MysqlProblem => ({ ...problem, id: `${kind}.${problem.id}` })

for (const version of BOTH_PRODUCTS) {
  const { product } = mysqlServerKind(version)
  const problems = product === 'mysql' ? [...PROBLEMS, ...OF_MYSQL] : [...PROBLEMS, CASCADE]
  describe.skipIf(mysqlMissing(version) !== null)(
    `what the doctor finds of ${version} is fixed by what it prints`,
    () => {
      let server: MysqlServer
      beforeAll(async () => {
        server = await startMysql({ version, settings: { binlog_expire_logs_seconds: '604800' } })
      })
      afterAll(async () => {
        await server?.[Symbol.asyncDispose]()
      })
      test('a healthy database has only findings that are well, or not visible to its user', async () => {
        const findings = await examineNow(await healthyMysql(await watchedMysql(server)))
        expect(findings.filter(({ status }) => status === 'fail' || status === 'warn')).toEqual([])
      })

      test.each(problems.map((problem) => withKind(product, problem)))('$code of $id', (problem) =>
        expectFixed(problem, server),
      )
    },
  )
}
