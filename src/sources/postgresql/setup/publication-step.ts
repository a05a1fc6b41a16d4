import { forPerson, inDatabase } from '../../../model/fix.ts'
import { manualStepIn, type Question, type SqlStep, stepIn } from '../../admin/sql-step.ts'
import { usesTable } from '../../heartbeat/finding.ts'
import type { PostgresqlConfig } from '../config.ts'
import { PUBLISHER } from '../connect/fix-runner.ts'
import { type QualifiedName, quoteIdentifier, quoteLiteral, quoteTable } from '../connect/quoting.ts'
import { forEachWatched, fromWatched, type Watched } from './watched-sql.ts'
import { isPublished } from './watched-step.ts'

const PUBLICATION = 'The publication lists the tables that the server sends to the connector.'
const TABLES = 'The watched tables: no other tables are sent.'

/** Creates the publication and adds the watched tables. */
export function publicationSteps(config: PostgresqlConfig, watched: Watched): readonly SqlStep[] {
  const { database } = config.connection
  const step = stepIn(database)
  const name = quoteIdentifier(config.publication)
  const all = watched.by === 'all' ? ' FOR ALL TABLES' : ''
  const create = step('publication', PUBLICATION, {
    run: [`CREATE PUBLICATION ${name}${all}`],
    done: {
      query: 'SELECT EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = $1)',
      params: [config.publication],
    },
  })
  const excepted = exceptStep(config, watched)
  if (watched.by === 'all') return [create, excepted]
  if (watched.by === 'list')
    return [create, excepted, ...watched.tables.map((table) => publishStep(config, table, TABLES))]
  const add = `EXECUTE format('ALTER PUBLICATION %I ADD TABLE %I.%I', ${quoteLiteral(config.publication)}, t.nspname, t.relname)`
  const unpublished = `\n    AND NOT ${isPublished(config.publication)}`
  return [
    create,
    excepted,
    step('published-tables', `${TABLES} A table created later is not among them: then run this again.`, {
      run: [forEachWatched(config, watched, [add], unpublished)],
      done: { query: `SELECT NOT EXISTS (SELECT ${fromWatched(config, watched)}${unpublished})`, params: [] },
    }),
  ]
}

/** A table in the EXCEPT list of a publication of all tables (19 and later) cannot be added. The list is replaced instead. */
function exceptStep(config: PostgresqlConfig, watched: Watched): SqlStep {
  const { schema, table } = config.heartbeat.source
  const isHeartbeat = usesTable(config.heartbeat.source)
    ? `x.schema = ${quoteLiteral(schema)} AND x.name = ${quoteLiteral(table)}`
    : 'false'
  const isWanted = `(${isHeartbeat} OR EXISTS (SELECT ${fromWatched(config, watched)} AND c.oid = x.oid))`
  const listed = `(SELECT t.oid, s.nspname AS schema, t.relname AS name FROM pg_catalog.pg_publication p
    JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid AND to_jsonb(r) -> 'prexcept' = 'true'
    JOIN pg_catalog.pg_class t ON t.oid = r.prrelid JOIN pg_catalog.pg_namespace s ON s.oid = t.relnamespace
    WHERE p.pubname = ${quoteLiteral(config.publication)}) x`
  const set = `ALTER PUBLICATION ${quoteIdentifier(config.publication)} SET ALL TABLES`
  return manualStepIn(config.connection.database)('publication-except', TABLES, {
    blocks: true,
    onlyWhere: 'the publication is of all tables except some (19 and later)',
    fix: [
      forPerson('the publication excludes tables that are needed; publish them, or configure another `publication`'),
    ],
    done: { query: `SELECT NOT EXISTS (SELECT FROM ${listed} WHERE ${isWanted})`, params: [] },
    evidence: {
      query: `SELECT pg_catalog.format('%I.%I', x.schema, x.name) FROM ${listed} WHERE ${isWanted} ORDER BY 1`,
      params: [],
    },
    remedies: {
      query: `SELECT ${quoteLiteral(set)} || coalesce(' EXCEPT (TABLE ' || pg_catalog.string_agg(
        pg_catalog.format('%I.%I', x.schema, x.name), ', ') FILTER (WHERE NOT ${isWanted}) || ')', '') FROM ${listed}`,
      params: [],
      fixOf: (text) => inDatabase(text, PUBLISHER, { at: config.connection.database }),
    },
  })
}

export function publishStep(config: PostgresqlConfig, table: QualifiedName, why: string): SqlStep {
  const name = quoteIdentifier(config.publication)
  return stepIn(config.connection.database)(`published:${table.schema}.${table.name}`, why, {
    run: [`ALTER PUBLICATION ${name} ADD TABLE ${quoteTable(table)}`],
    done: publishedQuestion(config, table),
  })
}

function publishedQuestion(config: PostgresqlConfig, { schema, name }: QualifiedName): Question {
  return {
    query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND ${isPublished(config.publication)})`,
    params: [schema, name],
  }
}
