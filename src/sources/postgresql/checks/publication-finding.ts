import { patternCheck as patternCheckOf } from '../../../doctor/checks/pattern-check.ts'
import type { NoticeEvent } from '../../../model/log-event.ts'
import { advice, type Check, type CheckFix, finding, well } from '../../check.ts'
import { usesTable } from '../../heartbeat/finding.ts'
import { listed } from '../../listed.ts'
import { heartbeatTableName } from '../beat/heartbeat-table.ts'
import { POSTGRESQL_DEFAULTS } from '../config.ts'
import { PUBLISHER, SUPERUSER, TABLE_OWNER } from '../connect/fix-runner.ts'
import { type QualifiedName, quoteTable } from '../connect/quoting.ts'
import { checkHeartbeat, checkPublished, unpublishedTables } from '../tables/publication-check.ts'
import { createPublication, publishAll, publishTables, tablesOfNew } from '../tables/publication-statement.ts'
import type { Evidence } from './evidence/evidence.ts'
import { fixOf, statement } from './finding.ts'

const ON_PURPOSE = 'it can be left out on purpose: when updates are published, tables without a key refuse them'

export const publicationCheck: Check<Evidence> = {
  id: 'postgresql.publication',
  symptom: 4,
  title: 'the publication',
  codes: ['POSTGRES_PUBLICATION_MISSING'],
  run(evidence) {
    const { config, facts } = evidence
    const expected = `a publication ${config.publication} in the database ${facts.database}`
    if (facts.publication !== null) return well(`${config.publication} exists`, expected)
    const found = `the database ${facts.database} has no publication ${config.publication}`
    const candidates = candidatesOf(evidence)
    const left =
      config.tables.length === 0
        ? 'you choose its tables'
        : refusalReason(evidence, (name) => tablesOfNew(config, candidates).map(quoteTable).includes(name))
    const fix = [statement(evidence, createPublication(config, candidates), SUPERUSER, left)]
    return finding('fail', 'POSTGRES_PUBLICATION_MISSING', { found, expected, fix })
  },
}

/** Includes the heartbeat table if it is missing: an earlier check prints the statements that create it. */
function candidatesOf({ config, facts, heartbeat }: Evidence): readonly QualifiedName[] {
  const { schema, table } = config.heartbeat.source
  return heartbeat.table === null ? [...facts.candidates, { schema, name: table }] : facts.candidates
}

/** Why `--fix` does not publish the tables: the server would refuse their updates and deletes from then on. null: it would not. */
function refusalReason({ refusing }: Evidence, published: (name: string) => boolean): string | null {
  const refused = refusing.filter(({ publishedWith }) => publishedWith.some((table) => published(quoteTable(table))))
  if (refused.length === 0) return null
  const tables = refused.map((table) => `${quoteTable(table)} (${table.refusal.found})`)
  return `once published, PostgreSQL refuses updates of and deletes from ${listed(tables)}`
}

/** The reader's startup notices with these codes. */
function noticesOf({ published }: Evidence, codes: readonly string[]): readonly NoticeEvent[] {
  return published === null ? [] : checkPublished(published).filter(({ code }) => codes.includes(code))
}

function noticeFixes(evidence: Evidence, notice: NoticeEvent): readonly CheckFix[] {
  return (notice.fix ?? []).map((fix) => ({ ...fixOf(evidence, fix, ''), manualBecause: null }))
}

export const heartbeatPublishedCheck: Check<Evidence> = {
  id: 'postgresql.heartbeat-published',
  symptom: 4,
  title: 'the heartbeat table in the publication',
  codes: ['POSTGRES_HEARTBEAT_NOT_PUBLISHED', 'POSTGRES_HEARTBEAT_HIDDEN'],
  run(evidence) {
    const { config, published, heartbeat } = evidence
    if (published === null || heartbeat.table === null || !usesTable(config.heartbeat.source)) return null
    const name = heartbeatTableName(config)
    const expected = `${name} in ${config.publication}, with its updates and all its columns and rows`
    const [notice] = checkHeartbeat(published)
    // The table was dropped after it was inspected.
    if (notice?.code === 'HEARTBEAT_TABLE_MISSING') return null
    if (notice === undefined) return well(`${config.publication} publishes updates of ${name}`, expected)
    const found = notice.details['found']
    return finding('fail', notice.code, {
      found:
        found === undefined ? `${name} is not in ${config.publication}` : `${config.publication}: ${String(found)}`,
      expected,
      fix: noticeFixes(evidence, notice).map((fix) => ({
        ...fix,
        manualBecause:
          found === undefined || published.publication.updates
            ? (refusalReason(evidence, (table) => table === name) ?? fix.manualBecause)
            : ON_PURPOSE,
      })),
    })
  },
}

export const watchedPublishedCheck: Check<Evidence> = {
  id: 'postgresql.watched-published',
  symptom: 4,
  title: 'the watched tables in the publication',
  codes: ['POSTGRES_TABLE_NOT_PUBLISHED'],
  ofTables: true,
  run(evidence) {
    const { config, published } = evidence
    if (published === null) return null
    const expected = `every watched table in ${config.publication}`
    const names = unpublishedTables(published)
    if (names.length === 0) return well('all are in it', expected)
    const found = `not in ${config.publication}: ${listed(names)}`
    // If `tables` is empty, the publication decides which tables are delivered.
    if (config.tables.length === 0)
      return well(`\`tables\` is empty, so the tables of the publication are delivered; ${found}`, expected)
    const left = refusalReason(evidence, (name) => names.includes(name))
    const run = publishTables(config.publication, published.publication, names)
    const fix = [statement(evidence, run, PUBLISHER, left)]
    return finding('fail', 'POSTGRES_TABLE_NOT_PUBLISHED', { found, expected, fix })
  },
}

export const patternCheck = patternCheckOf('postgresql', ({ config, published }: Evidence) =>
  published === null ? null : { config, tables: published.tables, defaults: POSTGRESQL_DEFAULTS },
)

export const partitionCheck: Check<Evidence> = {
  id: 'postgresql.partitions',
  symptom: 4,
  title: 'the names that partitions are published under',
  codes: ['POSTGRES_PARTITION_NOT_WATCHED'],
  ofTables: true,
  run(evidence) {
    const { published } = evidence
    if (published === null || !published.tables.some(({ isRoot }) => isRoot)) return null
    const expected = 'their rows are published under names that `tables` matches'
    const notices = noticesOf(evidence, ['POSTGRES_PARTITION_NOT_WATCHED'])
    const [first] = notices
    if (first === undefined) return well('they do', expected)
    const found = notices.map(({ details }) => `${String(details['table'])}: ${String(details['found'])}`).join('; ')
    const manualBecause = 'it renames the topics of all partitioned tables of the publication'
    const fix = noticeFixes(evidence, first).map((each) => ({ ...each, manualBecause }))
    return finding('fail', 'POSTGRES_PARTITION_NOT_WATCHED', { found, expected, fix })
  },
}

export const operationCheck: Check<Evidence> = {
  id: 'postgresql.published-operations',
  symptom: 4,
  title: 'what the publication publishes',
  codes: ['POSTGRES_OPERATIONS_NOT_PUBLISHED'],
  run(evidence) {
    const { config, facts } = evidence
    const { publication } = facts
    if (publication === null) return null
    const operations = [
      ['insert', publication.inserts],
      ['update', publication.updates],
      ['delete', publication.deletes],
      ['truncate', publication.truncates || !config.truncates],
    ] as const
    const expected = 'insert, update and delete, and truncate where `truncates` is on'
    const missing = operations.filter(([, is]) => !is).map(([name]) => name)
    if (missing.length === 0) return well(`${config.publication} publishes all of them`, expected)
    return finding('warn', 'POSTGRES_OPERATIONS_NOT_PUBLISHED', {
      found: `${config.publication} leaves out ${missing.join(', ')}`,
      expected,
      fix: [statement(evidence, publishAll(config.publication), PUBLISHER, ON_PURPOSE)],
    })
  },
}

export const identityCheck: Check<Evidence> = {
  id: 'postgresql.replica-identity',
  symptom: null,
  title: 'keys of the published tables',
  codes: ['POSTGRES_NO_REPLICA_IDENTITY'],
  run(evidence) {
    const { published, refusing, config } = evidence
    if (published === null || !(published.publication.updates || published.publication.deletes)) return null
    const comes = new Set(
      published.tables.filter((table) => table.published || table.carriers.length > 0).map(quoteTable),
    )
    const expected = 'a primary key or another replica identity in each, with all its columns in the publication'
    const refused = refusing.filter((table) => comes.has(quoteTable(table)))
    if (refused.length === 0) return well('each has one', expected)
    const tables = refused.map((table) => `${quoteTable(table)} (${table.refusal.found})`)
    return finding('fail', 'POSTGRES_NO_REPLICA_IDENTITY', {
      found: `${config.publication} publishes updates and deletes, and PostgreSQL refuses them on ${listed(tables)}`,
      expected,
      fix: refused.map(({ refusal, ...table }) =>
        refusal.fix === null
          ? advice(`give ${quoteTable(table)} a primary key whose columns ${config.publication} publishes`)
          : statement(evidence, refusal.fix, TABLE_OWNER, 'it changes what is logged for each changed row'),
      ),
    })
  },
}
