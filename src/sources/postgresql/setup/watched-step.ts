import { forPerson, inDatabase } from '../../../model/fix.ts'
import { namedTables } from '../../../setup/watched-tables.ts'
import { manualStepIn, type SqlStep, stepIn } from '../../admin/sql-step.ts'
import { tableNamesStep } from '../../admin/table-names-step.ts'
import { usesTable } from '../../heartbeat/finding.ts'
import type { PostgresqlConfig } from '../config.ts'
import { TABLE_OWNER } from '../connect/fix-runner.ts'
import { type QualifiedName, quoteIdentifier, quoteLiteral, quoteTable } from '../connect/quoting.ts'
import { publishedWith, refusingTables } from '../tables/change-refusal.ts'
import { FROM_TABLES, LEVELS } from '../tables/table-name.ts'
import { ROLE, ROLE_IN_FORCE } from './user-step.ts'
import { CATALOG_NAMES, forEachWatched, fromWatched, type Watched } from './watched-sql.ts'

export function namesStep(config: PostgresqlConfig): SqlStep | null {
  return tableNamesStep({
    database: config.connection.database,
    why: 'Every table that `tables` names must exist before it can be read and published.',
    named: namedTables(config, CATALOG_NAMES),
    levels: LEVELS,
    fromTables: FROM_TABLES,
    nameAsJson: 'pg_catalog.jsonb_build_array(n.nspname, c.relname)::text',
  })
}

const READ = 'So that `setup` and later snapshots can read the watched tables (optional today).'

/** Lets the user read what is watched, and nothing else. */
export function readSteps(config: PostgresqlConfig, watched: Watched): readonly SqlStep[] {
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
      run: [forEachWatched(config, watched, grants)],
      done: {
        query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1) AND NOT EXISTS (SELECT ${fromWatched(config, watched)}
          AND EXISTS (SELECT FROM pg_catalog.pg_roles u WHERE u.oid = ${ROLE_IN_FORCE} AND NOT (
            pg_catalog.has_table_privilege(u.oid, c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(u.oid, n.oid, 'USAGE'))))`,
        params: [user],
      },
    }),
  ]
}

export function usageStep(config: PostgresqlConfig, schema: string, why: string): SqlStep {
  const { database, user } = config.connection
  return stepIn(database)(`usage:${schema}`, why, {
    run: [`GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${ROLE}`],
    done: {
      query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles u, pg_catalog.pg_namespace n
        WHERE u.oid = ${ROLE_IN_FORCE} AND n.nspname = $2 AND pg_catalog.has_schema_privilege(u.oid, n.oid, 'USAGE'))`,
      params: [user, schema],
    },
  })
}

function selectStep(config: PostgresqlConfig, table: QualifiedName): SqlStep {
  const { database } = config.connection
  return stepIn(database)(`select:${table.schema}.${table.name}`, READ, {
    run: [`GRANT SELECT ON TABLE ${quoteTable(table)} TO ${ROLE}`],
    done: privilegesQuestion(config, table, ['SELECT']),
  })
}

export function privilegesQuestion(
  config: PostgresqlConfig,
  { schema, name }: QualifiedName,
  privileges: readonly string[],
) {
  const each = privileges.map((one) => `pg_catalog.has_table_privilege(u.oid, c.oid, ${quoteLiteral(one)})`)
  return {
    query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles u, pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE u.oid = ${ROLE_IN_FORCE} AND n.nspname = $2 AND c.relname = $3 AND ${each.join(' AND ')})`,
    params: [config.connection.user, schema, name],
  }
}

const IDENTITY =
  `Once a table is published, an UPDATE or DELETE on it is refused unless the server can identify the row: by a primary
 key or REPLICA IDENTITY.`.replaceAll('\n', '')

/** Refuses to publish tables whose updates and deletes the server would refuse from then on. */
export function identityStep(config: PostgresqlConfig, watched: Watched): SqlStep {
  const { database } = config.connection
  const from = `FROM ${refusingTables(config.publication)} r WHERE (${toBePublished(config, watched)})`
  return manualStepIn(database)('replica-identity', IDENTITY, {
    blocks: true,
    fix: [
      forPerson('for each such table: run its statement below, or give it a primary key, or exclude it with `exclude`'),
    ],
    done: { query: `SELECT NOT EXISTS (SELECT ${from})`, params: [] },
    evidence: {
      query: `SELECT pg_catalog.format('%I.%I: %s', r.schema, r.name, r.found) ${from} ORDER BY 1`,
      params: [],
    },
    remedies: {
      query: `SELECT DISTINCT r.fix ${from} AND r.fix IS NOT NULL ORDER BY 1`,
      params: [],
      fixOf: (text) => inDatabase(text, TABLE_OWNER, { at: database }),
    },
  })
}

/** Whether setup would publish the table `r`, directly or with another table, and it is not published yet. */
function toBePublished(config: PostgresqlConfig, watched: Watched): string {
  const { schema, table } = config.heartbeat.source
  const isWatched = `EXISTS (SELECT ${fromWatched(config, watched)}
    AND c.oid IN ${publishedWith('r.oid')} AND NOT ${isPublished(config.publication)})`
  const isHeartbeat = `r.schema = ${quoteLiteral(schema)} AND r.name = ${quoteLiteral(table)}
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = r.oid AND ${isPublished(config.publication)})`
  // If `tables` is empty, no tables are added to an existing publication.
  const isNew = `NOT EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = ${quoteLiteral(config.publication)})`
  return [
    watched.by === 'all' ? `${isNew} AND ${isWatched}` : isWatched,
    ...(usesTable(config.heartbeat.source) ? [isHeartbeat] : []),
  ].join(' OR ')
}

/** Whether rows of `c` are published, under its name, its root's or its partitions'. */
export function isPublished(publication: string): string {
  return `EXISTS (SELECT FROM pg_catalog.pg_publication_tables p JOIN pg_catalog.pg_namespace s ON s.nspname = p.schemaname
    JOIN pg_catalog.pg_class r ON r.relnamespace = s.oid AND r.relname = p.tablename
    WHERE p.pubname = ${quoteLiteral(publication)} AND (r.oid = c.oid OR r.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid))
      OR r.oid IN (SELECT relid FROM pg_catalog.pg_partition_ancestors(c.oid))))`
}
