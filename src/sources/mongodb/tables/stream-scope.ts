import { checkedPattern, matchesTable, type TablePattern } from '../../table-pattern.ts'
import { heartbeatCollection, type Namespace, type WatchConfig } from './watched-collections.ts'

/** What one change stream covers. */
export type StreamScope =
  | ({ readonly covers: 'collection' } & Namespace)
  | { readonly covers: 'database'; readonly database: string }
  | { readonly covers: 'cluster' }

/** One thing that the stream has to contain. */
interface Wanted {
  /** In words, e.g. 'shop.orders in `tables`'. */
  readonly what: string
  /** null: any database. */
  readonly database: string | null
  /** null: more than one collection, or one whose name is not known. */
  readonly name: string | null
}

/** The narrowest stream that contains every watched collection, and the heartbeat collection unless layer 2 is off. */
export function streamScope(config: WatchConfig): StreamScope {
  const wanted = wantedBy(config)
  const [first, ...others] = wanted
  if (first === undefined || first.database === null) return { covers: 'cluster' }
  const { database, name } = first
  if (others.some((other) => other.database !== database)) return { covers: 'cluster' }
  if (name === null || others.some((other) => other.name !== name)) return { covers: 'database', database }
  return { covers: 'collection', database, name }
}

/** Why the stream is not narrower, as a sentence. Set-up and the doctor print it beside the grant that the scope needs. */
export function explainScope(config: WatchConfig): string {
  const scope = streamScope(config)
  const wanted = wantedBy(config)
  switch (scope.covers) {
    case 'collection':
      return `The stream covers only the collection ${scope.database}.${scope.name}, because nothing else is watched.`
    case 'database':
      return `The stream covers the database ${scope.database}, because it contains all that is watched: ${listed(wanted)}.`
    case 'cluster':
      return `The stream covers the whole cluster, because ${causeOfCluster(wanted)}.`
  }
}

function causeOfCluster(wanted: readonly Wanted[]): string {
  const anywhere = wanted.find(({ database }) => database === null)
  if (anywhere !== undefined) {
    const { what, name } = anywhere
    const narrower = name === null ? '' : `; with its database, as in <database>.${what}, the stream can be narrower`
    return `${what} can be in any database${narrower}`
  }
  return `a stream covers one database or all of them, and these are in different ones: ${listed(wanted)}`
}

const MOST_LISTED = 5

function listed(wanted: readonly Wanted[]): string {
  // The heartbeat collection comes last, and is often the only one in another database.
  const shown = wanted.length <= MOST_LISTED ? wanted : [...wanted.slice(0, MOST_LISTED - 1), ...wanted.slice(-1)]
  const rest = wanted.length - shown.length
  return `${shown.map(({ what }) => what).join(', ')}${rest === 0 ? '' : ` and ${rest} more`}`
}

function wantedBy(config: WatchConfig): readonly Wanted[] {
  const heartbeat = heartbeatCollection(config)
  const watched =
    config.tables.length === 0
      ? [{ what: 'what is watched (`tables` is empty)', database: null, name: null }]
      : wantedPatterns(config).map(wantedByPattern)
  if (heartbeat === null) return watched
  const what = `the heartbeat collection ${heartbeat.database}.${heartbeat.name}`
  return [...watched, { what, ...heartbeat }]
}

/** Leaves out the entries that name a single collection which `exclude` takes away. */
function wantedPatterns({ tables, exclude }: WatchConfig): readonly TablePattern[] {
  const unwanted = exclude.map(checkedPattern)
  return tables.map(checkedPattern).filter((pattern) => {
    const { database, name } = wantedByPattern(pattern)
    return database === null || name === null || !unwanted.some((other) => matchesTable(other, [database, name]))
  })
}

function wantedByPattern({ text, parts }: TablePattern): Wanted {
  const [database, name] = parts.length === 1 ? [null, parts[0]] : parts
  return { what: text, database: literal(database), name: literal(name) }
}

/** null: the part has a star, or is absent. */
function literal(part: readonly string[] | null | undefined): string | null {
  return part?.length === 1 ? (part[0] ?? null) : null
}

/** The watched collections, if `tables` names each of them. null: it does not. */
export function namedCollections(config: WatchConfig): readonly Namespace[] | null {
  if (config.tables.length === 0) return null
  const named = wantedPatterns(config).map(wantedByPattern)
  const found = named.flatMap(({ database, name }) => (database === null || name === null ? [] : [{ database, name }]))
  return found.length === named.length ? found : null
}
