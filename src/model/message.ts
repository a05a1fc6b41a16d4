import type { StoredOffset } from './offset.ts'

/** The internal topic of layer 1. The key is the source's name. */
export const HEARTBEAT_TOPIC = '__offbeat_heartbeat'

/**
 * One message for a topic. Key and value are JSON in UTF-8, in a block of bytes that the batch's messages share: the key from `keyAt` to
 * `valueAt`, the value from `valueAt` to `end`. An empty key means that the message has none; an empty value means a tombstone.
 */
export interface Message {
  readonly topic: string
  readonly bytes: Uint8Array
  readonly keyAt: number
  readonly valueAt: number
  readonly end: number
  readonly tsMs: number
}

/** The largest message that can be delivered, key and value together. */
export interface MessageLimit {
  readonly bytes: number
  /** Which component has the limit, as the subject of a sentence: 'the sink sqlite'. */
  readonly of: string
}

/** The limit of this runtime with any sink: the most that the operating system accepts in one write. */
export const RUNTIME_MESSAGE_LIMIT: MessageLimit = { bytes: 2_147_483_647, of: 'Offbeat' }

/**
 * Messages in log order. With an offset: everything up to here becomes durable and visible together with it. With null (inside a
 * transaction larger than a batch): accepted, but not visible yet.
 */
export interface Batch {
  readonly messages: readonly Message[]
  readonly offset: StoredOffset | null
}
