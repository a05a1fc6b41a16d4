import type { ExposedFile } from '../files/private-file.ts'
import type { JournalEntry } from '../journal/journal.ts'
import type { ErrorCode } from '../model/error-code.ts'
import type { Fix } from '../model/fix.ts'
import type { JsonObject } from '../model/json.ts'
import type { StoredOffset } from '../model/offset.ts'
import type { Owner } from './owner.ts'
import type { PackedBatch } from './packed-batch.ts'
import type { Retain } from './retention.ts'

/** What the worker needs to start. */
export interface WorkerSettings {
  readonly path: string
  readonly owner: Owner
  readonly retain: Retain
  readonly maxBytes: number | null
}

/** Requests of the main thread to the worker, answered in order. Times are from the main thread's clock. */
export type WorkerRequest =
  | { readonly op: 'claim'; readonly source: string }
  | {
      readonly op: 'write'
      readonly source: string
      readonly epoch: number
      readonly batch: PackedBatch | null
      readonly offset: StoredOffset | null
      readonly nowMs: number
    }
  | { readonly op: 'release'; readonly source: string; readonly epoch: number }
  | { readonly op: 'setOffset'; readonly source: string; readonly offset: StoredOffset }
  | { readonly op: 'resetOffset'; readonly source: string; readonly why: string; readonly nowMs: number }
  | { readonly op: 'journal'; readonly entries: readonly JournalEntry[]; readonly nowMs: number }
  | { readonly op: 'tidy'; readonly nowMs: number }
  | { readonly op: 'close' }

export interface Claimed {
  readonly epoch: number
  readonly offset: StoredOffset | null
  /** The source's topics that have messages. */
  readonly topics: readonly string[]
}

/** An OffbeatError as data, since an error's class is lost between threads. */
export interface ErrorData {
  readonly code: ErrorCode
  readonly message: string
  readonly found: string | null
  readonly expected: string | null
  readonly fix: readonly Fix[]
  readonly details: JsonObject
  readonly stack: string | null
}

export type WorkerAnswer =
  | { readonly type: 'opened'; readonly exposed: readonly ExposedFile[] }
  | { readonly type: 'refused'; readonly error: ErrorData }
  | { readonly type: 'done'; readonly id: number; readonly claimed: Claimed | null }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorData }
  | { readonly type: 'notice'; readonly message: string; readonly fields: JsonObject }
