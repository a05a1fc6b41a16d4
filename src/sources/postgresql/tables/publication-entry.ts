import type { StatementOptions } from '../../connect/session-life.ts'
import { text } from '../../connect/text-row.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../connect/quoting.ts'

/** By name of the publication itself and of each table and schema in it: the OID of its catalog row. Another OID means another entry. */
export type PublicationEntries = ReadonlyMap<string, string>

const TABLES = (publication: string) => `
  SELECT p.pubname::text AS schema, NULL AS name, 'publication' AS kind, p.oid::text AS entry FROM pg_catalog.pg_publication p
  WHERE p.pubname = ${quoteLiteral(publication)}
  UNION ALL SELECT n.nspname::text, c.relname::text, 'table', r.oid::text FROM pg_catalog.pg_publication_rel r
    JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname = ${quoteLiteral(publication)}`

const SCHEMAS = (publication: string) => `
  SELECT n.nspname::text AS schema, NULL AS name, 'schema' AS kind, s.oid::text AS entry FROM pg_catalog.pg_publication_namespace s
    JOIN pg_catalog.pg_publication p ON p.oid = s.pnpubid JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid
    WHERE p.pubname = ${quoteLiteral(publication)}`

/** Publications contain schemas from 15 on. */
export async function readEntries(
  connection: PostgresConnection,
  publication: string,
  options: StatementOptions,
): Promise<PublicationEntries> {
  const [has] = await connection.query(
    `SELECT pg_catalog.to_regclass('pg_catalog.pg_publication_namespace')::text AS schemas`,
    [],
    options,
  )
  const tables = await connection.query(TABLES(publication), [], options)
  const schemas = has?.['schemas'] == null ? [] : await connection.query(SCHEMAS(publication), [], options)
  return new Map(
    [...tables, ...schemas].map((row) => {
      const name =
        row['name'] == null
          ? quoteIdentifier(text(row, 'schema'))
          : quoteTable({ schema: text(row, 'schema'), name: row['name'] })
      return [`the ${text(row, 'kind')} ${name}`, text(row, 'entry')]
    }),
  )
}

/** What was removed and added again between two inspections. */
export function replacedEntries(before: PublicationEntries, now: PublicationEntries): readonly string[] {
  return [...now].filter(([name, entry]) => (before.get(name) ?? entry) !== entry).map(([name]) => name)
}
