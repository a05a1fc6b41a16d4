import type { SetupStep } from '../../setup.ts'
import type { PostgresqlConfig } from '../config.ts'
import { quoteIdentifier, quoteLiteral, quoteTable, type TableName } from '../quoting.ts'
import { ROLE } from './role-name.ts'
import { stepIn } from './user-step.ts'
import { forEachWatched, fromWatched, type WatchedTables } from './watched-tables.ts'

const READ = 'Reading what is watched: snapshots select from the tables, and USAGE lets their names be looked up.'

/** That the user may read what is watched, and nothing else. */
export function readSteps(config: PostgresqlConfig, watched: WatchedTables): readonly SetupStep[] {
  const { database, user } = config.connection
  const step = stepIn(database)
  if (watched.by === 'list') {
    const schemas = [...new Set(watched.tables.map(({ schema }) => schema))]
    return [
      ...schemas.map((schema) => usageStep(config, schema, READ)),
      ...watched.tables.map((table) => selectStep(config, table)),
    ]
  }
  const grants = [
    `EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', t.nspname, ${quoteLiteral(ROLE)})`,
    `EXECUTE format('GRANT SELECT ON TABLE %I.%I TO %I', t.nspname, t.relname, ${quoteLiteral(ROLE)})`,
  ]
  return [
    step('watched-select', READ, {
      statements: [forEachWatched(config, watched, grants)],
      done: {
        query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1) AND NOT EXISTS (SELECT ${fromWatched(config, watched)}
          AND EXISTS (SELECT FROM pg_catalog.pg_roles u WHERE u.rolname = $1 AND NOT (
            pg_catalog.has_table_privilege(u.oid, c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(u.oid, n.oid, 'USAGE'))))`,
        params: [user],
      },
    }),
  ]
}

export function usageStep(config: PostgresqlConfig, schema: string, why: string): SetupStep {
  const { database, user } = config.connection
  return stepIn(database)(`usage:${schema}`, why, {
    statements: [`GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${ROLE}`],
    done: {
      query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles u, pg_catalog.pg_namespace n
        WHERE u.rolname = $1 AND n.nspname = $2 AND pg_catalog.has_schema_privilege(u.oid, n.oid, 'USAGE'))`,
      params: [user, schema],
    },
  })
}

function selectStep(config: PostgresqlConfig, table: TableName): SetupStep {
  const { database } = config.connection
  return stepIn(database)(`select:${table.schema}.${table.name}`, READ, {
    statements: [`GRANT SELECT ON TABLE ${quoteTable(table)} TO ${ROLE}`],
    done: privilegesQuestion(config, table, ['SELECT']),
  })
}

export function privilegesQuestion(
  config: PostgresqlConfig,
  { schema, name }: TableName,
  privileges: readonly string[],
) {
  const each = privileges.map((one) => `pg_catalog.has_table_privilege(u.oid, c.oid, ${quoteLiteral(one)})`)
  return {
    query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles u, pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE u.rolname = $1 AND n.nspname = $2 AND c.relname = $3 AND ${each.join(' AND ')})`,
    params: [config.connection.user, schema, name],
  }
}

const IDENTITY =
  `Once a table is published, an UPDATE or DELETE on it is refused unless the server can tell which row is meant: by a primary
 key or REPLICA IDENTITY.`.replaceAll('\n', '')

const NO_IDENTITY = `AND (c.relreplident = 'n' OR c.relreplident = 'd' AND c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i
    WHERE i.indrelid = c.oid AND i.indisprimary))`

/** Asks the operator to choose about tables whose updates would be refused as soon as they are published. */
export function identityStep(config: PostgresqlConfig, watched: WatchedTables): SetupStep {
  const { database } = config.connection
  const from = `${fromWatched(config, watched)} ${NO_IDENTITY} AND NOT ${isPublished(config.publication)}`
  const tables = `SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS table_without_identity ${from} ORDER BY 1`
  return stepIn(database)('replica-identity', IDENTITY, {
    by: 'operator',
    blocks: true,
    statements: [
      '# for each table without one: give it a primary key, or make the log carry whole rows, or put it under `exclude`',
      'ALTER TABLE <schema>.<table> REPLICA IDENTITY FULL',
    ],
    done: { query: `SELECT NOT EXISTS (SELECT ${from})`, params: [] },
    evidence: { query: tables, params: [] },
  })
}

/** Whether rows of `c` come, under its name, its root's or its partitions'. */
export function isPublished(publication: string): string {
  return `EXISTS (SELECT FROM pg_catalog.pg_publication_tables p JOIN pg_catalog.pg_namespace s ON s.nspname = p.schemaname
    JOIN pg_catalog.pg_class r ON r.relnamespace = s.oid AND r.relname = p.tablename
    WHERE p.pubname = ${quoteLiteral(publication)} AND (r.oid = c.oid OR r.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid))
      OR r.oid IN (SELECT relid FROM pg_catalog.pg_partition_ancestors(c.oid))))`
}
