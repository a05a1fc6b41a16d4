import type { ErrorEntry } from '../error-entry.ts'

/** Errors of MongoDB. */
export const MONGODB_ERRORS = {
  MONGODB_DOCUMENT_INVALID: {
    kind: 'defect',
    summary: 'A document in the change stream is not valid BSON, or is nested more deeply than a server allows.',
    cure: 'Its transaction was not delivered. Please report it with the field that the message names and the version of the server.',
    retry: false,
  },
  MONGODB_NO_REPLICA_SET: {
    kind: 'configuration',
    summary: 'The server has no change streams, because it is not part of a replica set.',
    cure: 'Make it a replica set, which can have a single member: start mongod with --replSet and run rs.initiate() once.',
    retry: false,
  },
  MONGODB_SET_NAME: {
    kind: 'configuration',
    summary: 'The URL names a replica set that its servers are not in.',
    cure: 'Correct replicaSet in the url: the message says in which set each server is. Or correct the hosts.',
    retry: false,
  },
  MONGODB_ARBITER: {
    kind: 'configuration',
    summary: 'The server is an arbiter of its replica set, so it has no data.',
    cure: 'Connect to a member that has data, or to the whole set without directConnection=true.',
    retry: false,
  },
  MONGODB_LOAD_BALANCED: {
    kind: 'configuration',
    summary:
      'The deployment is behind a load balancer (loadBalanced=true), so a change stream cannot be read from the server that opened it.',
    cure: 'Name the members of the replica set or the routers of the cluster in the URL.',
    retry: false,
  },
  MONGODB_SERVICE_UNSUPPORTED: {
    kind: 'configuration',
    summary:
      'The server is a service that speaks the protocol of MongoDB, and its change streams lack what Offbeat needs.',
    cure: 'Offbeat cannot read from it. It reads replica sets and sharded clusters of MongoDB, on your own servers or on Atlas.',
    retry: false,
  },
  MONGODB_TOKEN_INVALID: {
    kind: 'configuration',
    summary: 'The server does not accept the resume token of the offset.',
    cure: 'The token is damaged, or comes from another kind of server, or from a stream that was invalidated. Connect to the right server, or set the offset to a time.',
    retry: false,
  },
  MONGODB_TOKEN_LOST: {
    kind: 'lost position',
    summary: 'The change stream cannot continue after the resume token of the offset.',
    cure: 'Choose one of the ways that the message lists. The event of the token may have left what the stream watches; the offset can then be set to its time.',
    retry: false,
  },
  MONGODB_OPLOG_LOST: {
    kind: 'lost position',
    summary: 'The oplog no longer reaches back to the offset.',
    cure: 'Choose one of the ways that the message lists, and give the oplog more size or a longer minimum retention.',
    retry: false,
  },
  MONGODB_IMAGE_MISSING: {
    kind: 'configuration',
    summary: 'The stream requires a document before or after its change, and the server has not stored it.',
    cure: 'Turn on changeStreamPreAndPostImages for the collection, and raise expireAfterSeconds if images are removed too early. Or use whenAvailable in place of required, which goes on past what is missing.',
    retry: false,
  },
  MONGODB_EVENT_TOO_LARGE: {
    kind: 'configuration',
    summary: 'An event of the change stream is larger than the 16 MB that a server can send.',
    cure: 'From MongoDB 7.0 on (6.0.9) such events are sent in parts. On an older server, use fullDocument: delta and no fullDocumentBeforeChange, so that the event contains only the change.',
    retry: false,
  },
  MONGODB_EVENT_INVALID: {
    kind: 'defect',
    summary: 'A reply of the change stream, or an event in it, does not have the form that MongoDB documents.',
    cure: 'It was not delivered. Please report it with what the message names and the version of the server.',
    retry: false,
  },
  MONGODB_OPERATION_UNKNOWN: {
    kind: 'notice',
    summary:
      'The change stream has an event of a type that Offbeat does not know, which a newer server may have added.',
    cure: 'None needed: reading continues. Check in the documentation of the server whether such an event changes documents.',
    retry: false,
  },
  MONGODB_COLLECTION_CHANGED: {
    kind: 'notice',
    summary: 'A watched collection was created, dropped, renamed, sharded or modified, or a database was dropped.',
    cure: 'None needed. The documents of a dropped collection have no events of their own, so no deletes are delivered for them.',
    retry: false,
  },
  MONGODB_TOKEN_PASSED: {
    kind: 'notice',
    summary:
      'The change stream no longer contains the event of the stored resume token, since `tables` changed or its collection was dropped. The log has it, so reading continues behind it.',
    cure: 'None needed. The ledger has the proof.',
    retry: false,
  },
  MONGODB_CURSOR_ENDED: {
    kind: 'transient',
    summary:
      "The server ended the cursor of the change stream, for example after an election, a restart or a change of the cluster's shards, or because the oplog overtook it.",
    cure: 'None needed: the stream is opened again from the stored offset. If the position is lost, that is then reported by its own code.',
    retry: true,
  },
  MONGODB_STREAM_INVALIDATED: {
    kind: 'notice',
    summary:
      'What the change stream covers was dropped or renamed, so the server ended it. It was opened again after that event.',
    cure: 'None needed. If the collection or database is created again, its changes are delivered.',
    retry: false,
  },
  MONGODB_SHARD_IDLE: {
    kind: 'notice',
    summary:
      'A shard of the cluster writes nothing, not even no-ops, so the change stream shows nothing of the other shards.',
    cure: 'Run appendOplogNote on a mongos, and check that the shard has a primary and a majority of its members, and writes no-ops (writePeriodicNoops).',
    retry: false,
  },
  MONGODB_SHARD_DIRECT: {
    kind: 'notice',
    summary:
      'The server is a member of one shard of a cluster, so the change stream has only the changes of this shard.',
    cure: 'Name the routers (mongos) of the cluster in the URL. Reading continues.',
    retry: false,
  },
  MONGODB_SET_UNVERIFIED: {
    kind: 'notice',
    summary:
      'The deployment has the name that is stored with the offset, but its id is not known, so another replica set of the same name would not be noticed.',
    cure: 'Grant the role clusterMonitor, as the fix shows: the id is then stored with the offset.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
