import { queryRows } from './postgresql-query.ts'

/** Statements that the connector's user must not be allowed to run. The database has the tables orders (watched), secret and sales.a. */
const FORBIDDEN = [
  'SELECT * FROM secret',
  'SELECT * FROM sales.a',
  "INSERT INTO orders VALUES (9, 'x')",
  "UPDATE orders SET what = 'x'",
  'DELETE FROM orders',
  'TRUNCATE orders',
  'TRUNCATE streamkap.streamkap_heartbeat',
  'CREATE TABLE public.mine (id int)',
  'CREATE TABLE streamkap.mine (id int)',
  'CREATE SCHEMA mine',
  'CREATE DATABASE mine',
  'CREATE ROLE mine',
  'CREATE PUBLICATION mine',
  'REINDEX TABLE orders',
  'BEGIN; LOCK TABLE orders IN SHARE MODE',
  "CREATE SUBSCRIPTION mine CONNECTION 'dbname=x' PUBLICATION mine WITH (connect = false)",
  'SELECT pg_ls_waldir()',
  'ALTER SYSTEM SET work_mem = 1',
  'SELECT pg_read_file($$PG_VERSION$$)',
]

/** The statements that the server lets this user run, or refuses for a reason other than a missing privilege. */
export async function permitted(url: string): Promise<readonly string[]> {
  const outcomes: string[] = []
  for (const statement of FORBIDDEN) {
    const refusal = await queryRows(url, statement, []).then(
      () => 'done',
      (error: { code: string }) => error.code,
    )
    if (refusal !== '42501') outcomes.push(`${refusal} ${statement}`)
  }
  return outcomes
}
