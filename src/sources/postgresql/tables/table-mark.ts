import type { StatementOptions } from '../../connect/session-life.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { quoteLiteral } from '../connect/quoting.ts'

/*
 * The result of `readTables` changes only if one of these does. The exceptions are renamed and dropped columns, which the stream reports.
 * Sums do not depend on the order of the rows. Different rows almost never give the same sum: each row is hashed to 64 bits with its own
 * oid as salt.
 *
 *   tables         name, schema, number of columns, logged or not
 *   schemas        name
 *   partitions     of which table
 *   publication    all tables or not, via the root or not; its tables, and its schemas (15 and later): another filter or column list makes
 *                  another entry
 */

const CATALOGS = (publication: string) => `
  SELECT concat_ws(' ',
    (SELECT concat(count(*), '/', sum(hashtextextended(c.relname::text, (c.oid::bigint << 32) # c.relnamespace::bigint # (c.relnatts::bigint << 20))))
      FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'),
    (SELECT sum(hashtextextended(n.nspname::text, n.oid::bigint)) FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_'),
    (SELECT sum(hashint8extended((i.inhrelid::bigint << 32) # i.inhparent::bigint, 0)) FROM pg_catalog.pg_inherits i),
    p.oid, p.xmin,
    (SELECT concat(count(*), '/', sum(hashint8extended(r.oid::bigint, 0))) FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid)
  ) AS mark, to_regclass('pg_catalog.pg_publication_namespace')::text AS schemas
  FROM (SELECT 1) one LEFT JOIN pg_catalog.pg_publication p ON p.pubname = ${quoteLiteral(publication)}`

const SCHEMAS = (publication: string) => `
  SELECT sum(hashint8extended(s.oid::bigint, 0))::text AS mark FROM pg_catalog.pg_publication_namespace s
    JOIN pg_catalog.pg_publication p ON p.oid = s.pnpubid WHERE p.pubname = ${quoteLiteral(publication)}`

/**
 * Returns a mark that stays the same as long as `readTables` would return the same tables and publication. With 20,000 tables on
 * PostgreSQL 18 it takes 16 ms of one of the server's cores. `readTables` takes 450 ms there (180 ms with one table published) and 50 ms
 * of our own.
 */
export async function markOfTables(
  connection: PostgresConnection,
  publication: string,
  options: StatementOptions,
): Promise<string> {
  const [row] = await connection.query(CATALOGS(publication), [], options)
  const mark = row?.['mark'] ?? ''
  if (row?.['schemas'] == null) return mark
  const [more] = await connection.query(SCHEMAS(publication), [], options)
  return `${mark} ${more?.['mark'] ?? ''}`
}
