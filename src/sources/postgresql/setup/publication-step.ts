import type { SetupQuestion, SetupStep } from '../../setup.ts'
import type { PostgresqlConfig } from '../config.ts'
import { quoteIdentifier, quoteLiteral, quoteTable, type TableName } from '../quoting.ts'
import { stepIn } from './user-step.ts'
import { isPublished } from './watched-step.ts'
import { forEachWatched, fromWatched, type WatchedTables } from './watched-tables.ts'

const PUBLICATION = 'The publication says which tables the log carries for the connector.'
const TABLES = 'The tables that are watched: of others the log carries nothing.'

/** The publication and, in it, what is watched. */
export function publicationSteps(config: PostgresqlConfig, watched: WatchedTables): readonly SetupStep[] {
  const { database } = config.connection
  const step = stepIn(database)
  const name = quoteIdentifier(config.publication)
  const all = watched.by === 'all' ? ' FOR ALL TABLES' : ''
  const create = step('publication', PUBLICATION, {
    statements: [`CREATE PUBLICATION ${name}${all}`],
    done: {
      query: 'SELECT EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = $1)',
      params: [config.publication],
    },
  })
  if (watched.by === 'all') return [create]
  if (watched.by === 'list') return [create, ...watched.tables.map((table) => publishStep(config, table, TABLES))]
  const add = `EXECUTE format('ALTER PUBLICATION %I ADD TABLE %I.%I', ${quoteLiteral(config.publication)}, t.nspname, t.relname)`
  const unpublished = `\n    AND NOT ${isPublished(config.publication)}`
  return [
    create,
    step('published-tables', `${TABLES} A table made later is not among them: run it again then.`, {
      statements: [forEachWatched(config, watched, [add], unpublished)],
      done: { query: `SELECT NOT EXISTS (SELECT ${fromWatched(config, watched)}${unpublished})`, params: [] },
    }),
  ]
}

export function publishStep(config: PostgresqlConfig, table: TableName, why: string): SetupStep {
  const name = quoteIdentifier(config.publication)
  return stepIn(config.connection.database)(`published:${table.schema}.${table.name}`, why, {
    statements: [`ALTER PUBLICATION ${name} ADD TABLE ${quoteTable(table)}`],
    done: publishedQuestion(config, table),
  })
}

function publishedQuestion(config: PostgresqlConfig, { schema, name }: TableName): SetupQuestion {
  return {
    query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND ${isPublished(config.publication)})`,
    params: [schema, name],
  }
}
