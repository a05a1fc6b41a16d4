import { expect } from 'vitest'
import { ALWAYS, ANY, NS, opened } from './event-cases.ts'
import {
  create,
  createIndex,
  dropIndex,
  insert,
  modify,
  type Release,
  rename,
  type StreamCase,
  update,
} from './unified-case.ts'

/* What only streams with expanded events have. */

const PATHS_OF_UPDATE = { updatedFields: ANY, removedFields: ANY, truncatedArrays: ANY }

const DISAMBIGUATED: readonly StreamCase[] = [
  {
    name: 'the steps of a path are not in a stream without expanded events',
    since: [6, 1],
    before: [insert({ _id: 1, a: { 1: 1 } })],
    steps: [update({ _id: 1 }, { $set: { 'a.1': 2 } })],
    gets: [{ operationType: 'update', ns: NS, updateDescription: PATHS_OF_UPDATE }],
  },
  {
    name: 'the steps of a path into a field whose name is a number',
    since: [6, 1],
    options: { showExpandedEvents: true },
    before: [insert({ _id: 1, a: { 1: 1 } })],
    steps: [update({ _id: 1 }, { $set: { 'a.1': 2 } })],
    gets: [
      {
        operationType: 'update',
        updateDescription: { ...PATHS_OF_UPDATE, disambiguatedPaths: { 'a.1': ['a', '1'] } },
      },
    ],
  },
  {
    name: 'the steps of a path, those into an array as numbers',
    since: [6, 1],
    options: { showExpandedEvents: true },
    before: [insert({ _id: 1, a: [{ 1: 1 }] })],
    steps: [update({ _id: 1 }, { $set: { 'a.0.1': 2 } })],
    gets: [
      {
        operationType: 'update',
        updateDescription: { ...PATHS_OF_UPDATE, disambiguatedPaths: { 'a.0.1': ['a', 0, '1'] } },
      },
    ],
  },
]

const CREATED = {
  collection: {},
  timeseries: { timeseries: { timeField: 'time', metaField: 'meta', granularity: 'minutes' } },
  view: { viewOn: 'coll0', pipeline: [] },
}

const EXPANDED = { showExpandedEvents: true }
const SINCE_EXPANDED: Release = [6, 0]

const EXPANDED_EVENTS: readonly StreamCase[] = [
  {
    name: 'without expanded events there are none, and no field of them',
    since: SINCE_EXPANDED,
    watch: 'database',
    steps: [create('db0.coll1'), createIndex({ x: 1 }, 'x_1'), insert({ _id: 1 })],
    gets: [{ operationType: 'insert', collectionUUID: undefined }],
    sends: [{ pipeline: [{ $changeStream: {} }] }],
  },
  {
    name: 'expanded: the fields that events have then',
    since: SINCE_EXPANDED,
    options: EXPANDED,
    before: [create('db0.foo')],
    steps: [insert({ a: 1 }), createIndex({ x: 1 }, 'x_1'), rename('db0.coll0', 'db0.foo', { dropTarget: true })],
    gets: [
      { operationType: 'insert', ns: NS, collectionUUID: ANY },
      { operationType: 'createIndexes', ns: NS, operationDescription: ANY },
      {
        operationType: 'rename',
        ns: NS,
        to: { db: 'db0', coll: 'foo' },
        operationDescription: expect.objectContaining({ dropTarget: ANY }),
      },
    ],
    sends: [opened(EXPANDED)],
  },
  {
    name: 'expanded: createIndexes',
    since: SINCE_EXPANDED,
    options: EXPANDED,
    before: [insert({ _id: 1 })],
    steps: [createIndex({ x: 1 }, 'x_1')],
    gets: [{ operationType: 'createIndexes', ns: NS }],
  },
  {
    name: 'expanded: dropIndexes',
    since: SINCE_EXPANDED,
    options: EXPANDED,
    before: [createIndex({ x: 1 }, 'x_1')],
    steps: [dropIndex('x_1')],
    gets: [{ operationType: 'dropIndexes', ns: NS }],
  },
  {
    name: 'expanded: create',
    since: SINCE_EXPANDED,
    watch: 'database',
    options: EXPANDED,
    steps: [create('db0.foo')],
    gets: [{ operationType: 'create', ns: { db: 'db0', coll: 'foo' } }],
  },
  {
    name: 'expanded: modify',
    since: SINCE_EXPANDED,
    options: EXPANDED,
    steps: [modify({})],
    gets: [{ operationType: 'modify', ns: NS }],
  },
  {
    name: 'expanded: shardCollection',
    since: SINCE_EXPANDED,
    on: ['mongos'],
    options: EXPANDED,
    steps: [{ in: 'admin', run: { shardCollection: 'db0.coll0', key: { _id: 1 } } }],
    gets: [{ operationType: 'shardCollection', ns: NS, operationDescription: ANY }],
  },
  ...(['collection', 'timeseries', 'view'] as const).map(
    (nsType): StreamCase => ({
      name: `expanded: the creation of a ${nsType} says that it is one`,
      since: [8, 1],
      watch: 'database',
      options: EXPANDED,
      steps: [create('db0.foo', CREATED[nsType])],
      gets: [{ operationType: 'create', nsType }],
    }),
  ),
  {
    name: 'expanded: a server before 6.0 refuses the option',
    since: ALWAYS,
    until: [5, 0],
    options: EXPANDED,
    fails: {},
  },
]

export const EXPANDED_CASES: readonly StreamCase[] = [...DISAMBIGUATED, ...EXPANDED_EVENTS]
