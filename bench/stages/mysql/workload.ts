import { type LocalMysql, startLocalMysql } from '../../../src/local-server/mysql/local-mysql.ts'
import { connectToMysql, type MysqlClient } from '../../../test/support/mysql-query.ts'

export const DATABASE = 'shop'
/** MySQL comes from `npm run fetch-mysql`. */
const VERSIONS = { mysql: '9', mariadb: '10.11' } as const

/** The same rows as for PostgreSQL. In the log a row takes about 75 bytes. */
const TABLE = `CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL, amount decimal(12,2) NOT NULL,
  note text NOT NULL, created timestamp(6) NOT NULL, paid boolean NOT NULL)`
const rowOf = (i: string) =>
  `${i}, ${i} % 50000, ${i} * 1.25, CONCAT('a note of about forty-five characters, ', ${i} % 100000), SYSDATE(6), ${i} % 3 = 0`
/** The rows that one statement inserts. */
const STATEMENT_ROWS = 1000

/** Where the log ends. */
export interface LogEnd {
  /** A file that begins there. */
  readonly file: string
  /** All GTIDs before it, as the position of a source. */
  readonly gtids: string
}

export async function startServer(kind: 'mysql' | 'mariadb'): Promise<LocalMysql> {
  const log = kind === 'mysql' ? { innodb_redo_log_capacity: '1G' } : { innodb_log_file_size: '512M' }
  const settings = { max_binlog_size: '1G', innodb_buffer_pool_size: '256M', max_connections: '500', ...log }
  return await startLocalMysql({ product: kind, version: VERSIONS[kind], env: process.env, settings })
}

/** Creates the database and the table. */
export async function openWorkload(server: LocalMysql): Promise<MysqlClient> {
  const admin = await connectToMysql(server.url(''))
  await admin.query(`CREATE DATABASE ${DATABASE}`)
  await admin[Symbol.asyncDispose]()
  const client = await connect(server)
  await client.query(TABLE)
  return client
}

export function connect(server: LocalMysql): Promise<MysqlClient> {
  return connectToMysql(server.url(DATABASE))
}

/** Begins a new file. */
export async function endOfLog(client: MysqlClient, kind: 'mysql' | 'mariadb'): Promise<LogEnd> {
  await client.query('FLUSH BINARY LOGS')
  const files = await client.query('SHOW BINARY LOGS')
  const variable = kind === 'mysql' ? 'gtid_executed' : 'gtid_binlog_pos'
  const [row] = await client.query(`SELECT @@GLOBAL.${variable} AS gtids`)
  return { file: String(files.at(-1)?.['Log_name']), gtids: String(row?.['gtids']).replaceAll('\n', '') }
}

/** Writes the rows, `perTransaction` in each transaction, into one file. */
export async function writeRows(client: MysqlClient, rows: number, perTransaction: number): Promise<void> {
  if (perTransaction > 1 && perTransaction % STATEMENT_ROWS !== 0)
    throw new Error(`transactions of ${perTransaction} rows, which is no multiple of ${STATEMENT_ROWS}`)
  await client.query(`SET sql_log_bin = 0; ${NUMBERS}; ${FILL}; ${FILL_SINGLY}; SET sql_log_bin = 1`)
  await client.query(perTransaction === 1 ? `CALL fill_singly(${rows})` : `CALL fill(${rows}, ${perTransaction})`)
  await client.query('FLUSH BINARY LOGS')
}

const numbers = Array.from({ length: STATEMENT_ROWS }, (_, i) => `(${i + 1})`).join(',')
const NUMBERS = `CREATE TABLE numbers (n int PRIMARY KEY); INSERT INTO numbers VALUES ${numbers}`
const FILL = `CREATE PROCEDURE fill(total int, each_transaction int) BEGIN
  DECLARE done int DEFAULT 0;
  WHILE done < total DO
    IF done % each_transaction = 0 THEN START TRANSACTION; END IF;
    INSERT INTO orders SELECT ${rowOf('(done + n)')} FROM numbers;
    SET done = done + ${STATEMENT_ROWS};
    IF done % each_transaction = 0 THEN COMMIT; END IF;
  END WHILE;
END`
const FILL_SINGLY = `CREATE PROCEDURE fill_singly(total int) BEGIN
  DECLARE i int DEFAULT 1;
  WHILE i <= total DO INSERT INTO orders VALUES (${rowOf('i')}); SET i = i + 1; END WHILE;
END`
