/*
 * The operation types of change events, from the documentation of MongoDB 8.0. The expanded events are only in streams that ask for them
 * (showExpandedEvents).
 */

export type ChangeName = 'insert' | 'update' | 'replace' | 'delete'

/**
 * `change`: of a document. `collection`: a person may want to know it of a watched collection. `invalidate`: the stream ends. `silent`: known,
 * and without effect on messages. `unknown`: a newer server has more types.
 */
export type Operation =
  | { readonly is: 'change'; readonly name: ChangeName }
  | { readonly is: 'collection' | 'invalidate' | 'silent' | 'unknown'; readonly name: string }

const CHANGES: readonly ChangeName[] = ['insert', 'update', 'replace', 'delete']
const OF_COLLECTIONS = [
  'create',
  'drop',
  'dropDatabase',
  'modify',
  'refineCollectionShardKey',
  'rename',
  'reshardCollection',
  'shardCollection',
]
const SILENT = [
  'abortIndexBuild',
  'commitIndexBuild',
  'createIndexes',
  'dropIndexes',
  'endOfTransaction',
  'migrateChunkToNewShard',
  'migrateLastChunkFromShard',
  'reshardBegin',
  'reshardBlockingWrites',
  'reshardDoneCatchUp',
  'startIndexBuild',
]

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ...CHANGES.map((name) => [name, { is: 'change', name }] as const),
  ...OF_COLLECTIONS.map((name) => [name, { is: 'collection', name }] as const),
  ...SILENT.map((name) => [name, { is: 'silent', name }] as const),
  ['invalidate', { is: 'invalidate', name: 'invalidate' }],
])

const CHANGE_OPERATIONS = CHANGES.map((name) => ({
  bytes: Buffer.from(name, 'latin1'),
  operation: { is: 'change', name } as const,
}))

/** The operation whose name is the text from `start` to `end`. Makes no string for a change. */
export function operationAt(bytes: Buffer, start: number, end: number): Operation {
  for (const { bytes: name, operation } of CHANGE_OPERATIONS) {
    if (end - start === name.length && isAt(bytes, start, name)) return operation
  }
  const name = bytes.toString('utf8', start, end)
  return OPERATIONS.get(name) ?? { is: 'unknown', name }
}

function isAt(bytes: Buffer, start: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false
  return true
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['create', 'was created'],
  ['drop', 'was dropped'],
  ['dropDatabase', 'was dropped, with all its collections'],
  ['modify', 'was modified (collMod)'],
  ['rename', 'was renamed'],
  ['shardCollection', 'was sharded'],
  ['reshardCollection', 'was sharded again'],
  ['refineCollectionShardKey', 'has a longer shard key'],
])

/** One sentence: what happened to a collection, or to a database. */
export function changeWords(operation: string, from: string, to: string | null): string {
  const what = operation === 'dropDatabase' ? 'database' : 'collection'
  const words = WORDS.get(operation) ?? `has the event ${operation}`
  return `The ${what} ${from} ${words}${to === null ? '' : ` to ${to}`}.`
}
