import { expect } from 'vitest'
import { drop, insert, type Release, remove, rename, type StreamCase, update } from './unified-case.ts'

/* What streams are asked for, and the events that they then have. */

export const ANY = expect.anything()
/** Every driver of today can be used with it. */
export const ALWAYS: Release = [4, 4]
export const NS = { db: 'db0', coll: 'coll0' }

export function opened(more: object = {}, stages: readonly object[] = []) {
  return { aggregate: 'coll0', cursor: {}, pipeline: [{ $changeStream: more }, ...stages] }
}

function inserted(fields: object, ns: object = NS) {
  return { operationType: 'insert', ns, documentKey: { _id: ANY }, fullDocument: { _id: ANY, ...fields } }
}

const TO_THREE_NAMESPACES = [insert({ x: 1 }, 'db0.coll1'), insert({ y: 2 }, 'db1.coll0'), insert({ z: 3 })]

const SCOPES: readonly StreamCase[] = [
  {
    name: 'a collection: changes of it alone',
    since: ALWAYS,
    steps: TO_THREE_NAMESPACES,
    gets: [inserted({ z: 3 })],
    sends: [opened()],
  },
  {
    name: 'a database: changes of all its collections',
    since: ALWAYS,
    watch: 'database',
    steps: TO_THREE_NAMESPACES,
    gets: [inserted({ x: 1 }, { db: 'db0', coll: 'coll1' }), inserted({ z: 3 })],
    sends: [{ ...opened(), aggregate: 1, $db: ANY }],
  },
  {
    name: 'a deployment: changes of all its databases',
    since: ALWAYS,
    watch: 'cluster',
    // Other tests may write to the server meanwhile.
    pipeline: [{ $match: { 'ns.db': { $in: ['db0', 'db1'] } } }],
    steps: TO_THREE_NAMESPACES,
    gets: [
      inserted({ x: 1 }, { db: 'db0', coll: 'coll1' }),
      inserted({ y: 2 }, { db: 'db1', coll: 'coll0' }),
      inserted({ z: 3 }),
    ],
    sends: [
      {
        aggregate: 1,
        $db: 'admin',
        pipeline: [{ $changeStream: { allChangesForCluster: true } }, { $match: ANY }],
      },
    ],
  },
]

const PIPELINES: readonly StreamCase[] = [
  {
    name: 'further stages come after $changeStream',
    since: ALWAYS,
    pipeline: [{ $match: { 'fullDocument.z': 3 } }],
    steps: [insert({ y: 2 }), insert({ z: 3 })],
    gets: [inserted({ z: 3 })],
    sends: [opened({}, [{ $match: { 'fullDocument.z': 3 } }])],
  },
  {
    name: 'an operation of a type that no client knows is an event',
    since: ALWAYS,
    pipeline: [{ $project: { operationType: 'addedInFutureMongoDBVersion', ns: 1 } }],
    steps: [insert({ _id: 1 })],
    gets: [{ _id: ANY, operationType: 'addedInFutureMongoDBVersion', ns: NS }],
  },
  {
    name: 'a field that no client knows is passed on',
    since: ALWAYS,
    pipeline: [{ $project: { operationType: 1, ns: 1, newField: 'newFieldValue' } }],
    steps: [insert({ _id: 1 })],
    gets: [{ operationType: 'insert', ns: NS, newField: 'newFieldValue', fullDocument: undefined }],
  },
  {
    name: 'another structure of ns is passed on',
    since: ALWAYS,
    pipeline: [{ $project: { operationType: 'insert', 'ns.viewOn': 'db.coll' } }],
    steps: [insert({ _id: 1 })],
    gets: [{ operationType: 'insert', ns: { viewOn: 'db.coll' } }],
  },
  {
    name: 'a further field of ns is passed on',
    since: ALWAYS,
    pipeline: [{ $project: { operationType: 'insert', ns: { db: '$ns.db', coll: '$ns.coll', viewOn: 'db.coll' } } }],
    steps: [insert({ _id: 1 })],
    gets: [{ operationType: 'insert', ns: { ...NS, viewOn: 'db.coll' } }],
  },
  {
    name: 'a field under another name',
    since: ALWAYS,
    pipeline: [{ $project: { optype: '$operationType', ns: 1, newField: 'value' } }],
    steps: [insert({ _id: 1 })],
    gets: [{ optype: 'insert', ns: NS, newField: 'value', operationType: undefined }],
  },
]

const COMMENT = { key: 'value' }

const COMMENTS: readonly StreamCase[] = [
  { name: 'a comment that is a text', since: ALWAYS, options: { comment: 'text' }, sends: [{ comment: 'text' }] },
  {
    name: 'a comment that is a document, also in each getMore',
    since: ALWAYS,
    options: { comment: COMMENT },
    steps: [insert({ _id: 1 })],
    gets: [inserted({ _id: 1 })],
    sends: [
      { ...opened(), comment: COMMENT },
      { getMore: ANY, collection: 'coll0', comment: COMMENT },
    ],
  },
]

const OPERATIONS: readonly StreamCase[] = [
  {
    name: 'insert, update, replace and delete',
    since: ALWAYS,
    steps: [insert({ x: 1 }), update({ x: 1 }, { $set: { x: 2 } }), update({ x: 2 }, { x: 3 }), remove({ x: 3 })],
    gets: [
      inserted({ x: 1 }),
      {
        operationType: 'update',
        ns: NS,
        documentKey: { _id: ANY },
        updateDescription: expect.objectContaining({ updatedFields: { x: 2 }, removedFields: [] }),
        fullDocument: undefined,
      },
      { operationType: 'replace', ns: NS, fullDocument: { _id: ANY, x: 3 }, updateDescription: undefined },
      { operationType: 'delete', ns: NS, documentKey: { _id: ANY }, fullDocument: undefined },
    ],
    sends: [opened()],
  },
  {
    name: 'each event has its token and its cluster time',
    since: ALWAYS,
    steps: [insert({ _id: 1 })],
    gets: [{ _id: { _data: ANY }, ns: NS, clusterTime: expect.objectContaining({ _bsontype: 'Timestamp' }) }],
  },
  {
    name: 'the document as it is now, of an update',
    since: ALWAYS,
    options: { fullDocument: 'updateLookup' },
    steps: [insert({ _id: 1 }), update({ _id: 1 }, { $set: { x: 1 } })],
    gets: [{ operationType: 'insert' }, { operationType: 'update', fullDocument: { _id: 1, x: 1 } }],
    sends: [opened({ fullDocument: 'updateLookup' })],
  },
  {
    name: 'an update of before 4.7 says nothing of arrays',
    since: ALWAYS,
    until: [4, 4],
    before: [insert({ _id: 1 })],
    steps: [update({ _id: 1 }, { $set: { x: 2 } })],
    gets: [{ operationType: 'update', updateDescription: { updatedFields: { x: 2 }, removedFields: [] } }],
  },
  {
    name: 'an update that makes no array shorter',
    since: [5, 0],
    before: [insert({ _id: 1 })],
    steps: [update({ _id: 1 }, { $set: { x: 2 } })],
    gets: [
      {
        operationType: 'update',
        updateDescription: { updatedFields: { x: 2 }, removedFields: [], truncatedArrays: [] },
      },
    ],
  },
  {
    name: 'an array that became shorter',
    since: [5, 0],
    before: [insert({ _id: 1, a: 1, array: ['foo', { a: 'bar' }, 1, 2, 3] })],
    steps: [update({ _id: 1 }, [{ $set: { array: ['foo', { a: 'bar' }] } }])],
    gets: [
      {
        operationType: 'update',
        ns: NS,
        updateDescription: {
          updatedFields: {},
          removedFields: [],
          truncatedArrays: [{ field: 'array', newSize: 2 }],
        },
      },
    ],
  },
  {
    name: 'a rename invalidates the stream of its collection',
    since: ALWAYS,
    steps: [rename('db0.coll0', 'db0.coll1')],
    gets: [
      { operationType: 'rename', ns: NS, to: { db: 'db0', coll: 'coll1' } },
      { _id: ANY, operationType: 'invalidate', ns: undefined },
    ],
    sends: [opened()],
  },
  {
    name: 'a drop invalidates the stream of its collection',
    since: ALWAYS,
    steps: [drop('db0.coll0')],
    gets: [
      { operationType: 'drop', ns: NS },
      { _id: ANY, operationType: 'invalidate', ns: undefined },
    ],
    sends: [opened()],
  },
  {
    name: 'a drop does not invalidate the stream of its database',
    since: ALWAYS,
    watch: 'database',
    steps: [drop('db0.coll0'), insert({ _id: 1 }, 'db0.coll1')],
    gets: [
      { operationType: 'drop', ns: NS },
      { operationType: 'insert', ns: { db: 'db0', coll: 'coll1' } },
    ],
  },
]

export const EVENT_CASES: readonly StreamCase[] = [...SCOPES, ...PIPELINES, ...COMMENTS, ...OPERATIONS]
