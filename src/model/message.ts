import type { StoredOffset } from './offset.ts'

/** The internal topic of layer 1, key = the source's name. */
export const HEARTBEAT_TOPIC = '__offbeat_heartbeat'

/**
 * One message for a topic. Key and value are JSON in UTF-8, in a block of bytes that the batch's messages share:
 * the key from `keyAt` to `valueAt`, the value from `valueAt` to `end`. An empty key is a message without one,
 * an empty value a tombstone.
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
  /** Whose limit it is, as the subject of a sentence: 'the sink sqlite'. */
  readonly of: string
}

/** Of this runtime, whatever the sink: what the operating system takes in one write. */
export const RUNTIME_MESSAGE_LIMIT: MessageLimit = { bytes: 2_147_483_647, of: 'Offbeat' }

/**
 * Messages in the order of the log. With an offset: all up to here is to become durable and visible together with it.
 * With null (inside a transaction larger than a batch): taken, not yet visible.
 */
export interface Batch {
  readonly messages: readonly Message[]
  readonly offset: StoredOffset | null
}
