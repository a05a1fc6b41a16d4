import { connectToMysql } from './mysql-query.ts'

/** Error numbers of a missing privilege: on a database, a table, a column, a routine, the server, and for a definer. */
const DENIED: readonly unknown[] = [1044, 1142, 1143, 1227, 1370, 1419, 1045, 4052, 4078]

/** Statements that the connector's user must not be allowed to run. `shop` has the tables orders (watched) and secret. */
const FORBIDDEN = [
  'SELECT * FROM {shop}.secret',
  'SELECT * FROM mysql.user',
  "INSERT INTO {shop}.orders VALUES (9, 'x')",
  "UPDATE {shop}.orders SET what = 'x'",
  'DELETE FROM {shop}.orders',
  'TRUNCATE {shop}.orders',
  'DROP TABLE {shop}.orders',
  'ALTER TABLE {shop}.orders ADD extra int',
  'CREATE INDEX mine ON {shop}.orders (what)',
  'LOCK TABLES {shop}.orders WRITE',
  'CREATE TABLE {shop}.mine (id int)',
  'CREATE TEMPORARY TABLE {shop}.mine (id int)',
  'CREATE VIEW {shop}.mine AS SELECT 1',
  'CREATE TRIGGER {shop}.mine BEFORE INSERT ON {shop}.orders FOR EACH ROW SET @x = 1',
  'CREATE PROCEDURE {shop}.mine() SELECT 1',
  'CREATE EVENT {shop}.mine ON SCHEDULE EVERY 1 DAY DO SELECT 1',
  'DROP TABLE {heartbeat}',
  'TRUNCATE {heartbeat}',
  'ALTER TABLE {heartbeat} ADD extra int',
  'CREATE DATABASE mine',
  'DROP DATABASE {shop}',
  "CREATE USER 'mine'@'%'",
  "GRANT SELECT ON {shop}.orders TO 'root'@'%'",
  'SET GLOBAL binlog_format = ROW',
  'SET GLOBAL event_scheduler = ON',
  'SET SESSION sql_log_bin = 0',
  'PURGE BINARY LOGS BEFORE NOW()',
  'FLUSH BINARY LOGS',
  'FLUSH TABLES WITH READ LOCK',
  "SELECT 1 INTO OUTFILE '/tmp/offbeat-mine'",
]

/** The statements that the server lets this user run, or refuses for a reason other than a missing privilege. */
export async function permittedOnMysql(
  url: string,
  names: { readonly shop: string; readonly heartbeat: string },
): Promise<readonly string[]> {
  await using client = await connectToMysql(url)
  const outcomes: string[] = []
  for (const statement of FORBIDDEN) {
    const sql = statement.replaceAll('{shop}', names.shop).replaceAll('{heartbeat}', names.heartbeat)
    const refusal = await client.query(sql).then(
      () => 'done',
      (error: { errno: number }) => error.errno,
    )
    if (!DENIED.includes(refusal)) outcomes.push(`${refusal} ${statement}`)
  }
  return outcomes
}
