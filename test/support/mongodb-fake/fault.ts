import type { BsonDocument } from './wire-message.ts'

/** What happens to a command instead of its usual reply, or beside it. */
export type Fault =
  /** `labels` null: those that a server of the version gives. `keepsCursor`: a failed getMore leaves the cursor open. */
  | {
      readonly kind: 'error'
      readonly code: number
      readonly message?: string
      readonly labels: readonly string[] | null
      readonly keepsCursor: boolean
    }
  /** The connection is closed, before the command has an effect or after it, without a reply. */
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' }
  /** No reply comes, and the connection stays open. */
  | { readonly kind: 'silence' }
  /** The reply is sent when `until` resolves. */
  | { readonly kind: 'held'; readonly until: Promise<void> }
  | { readonly kind: 'rewrite'; readonly change: (reply: BsonDocument) => BsonDocument }

interface ErrorOptions {
  readonly message?: string
  readonly labels?: readonly string[]
  readonly keepsCursor?: boolean
}

/** The faults, as tests write them: `fake.onNext('getMore', reply.error(286))`. */
export const reply = {
  error: (code: number, { message, labels = undefined, keepsCursor = false }: ErrorOptions = {}): Fault => ({
    kind: 'error',
    code,
    ...(message === undefined ? {} : { message }),
    labels: labels ?? null,
    keepsCursor,
  }),
  cut: (when: 'before' | 'after'): Fault => ({ kind: 'cut', when }),
  silence: (): Fault => ({ kind: 'silence' }),
  rewrite: (change: (reply: BsonDocument) => BsonDocument): Fault => ({ kind: 'rewrite', change }),
  /** A reply that comes when it is released. */
  held: (): Fault & { readonly release: () => void } => {
    const { promise, resolve } = Promise.withResolvers<void>()
    return { kind: 'held', until: promise, release: resolve }
  },
  /** Another post-batch token than the stream's, for example an older one. */
  token: (data: string): Fault =>
    reply.rewrite((answer) => withCursor(answer, { postBatchResumeToken: { _data: data } })),
}

function withCursor(answer: BsonDocument, more: BsonDocument): BsonDocument {
  return { ...answer, cursor: { ...Object(answer['cursor']), ...more } }
}

interface PlannedFault {
  readonly command: string
  readonly node: number | null
  readonly fault: Fault
}

/** The faults that are yet to happen, each once. */
export class FaultPlan {
  readonly #planned: PlannedFault[] = []

  get size(): number {
    return this.#planned.length
  }

  add(planned: PlannedFault): void {
    this.#planned.push(planned)
  }

  /** null: the command takes its usual course. */
  take(command: string, node: number): Fault | null {
    const at = this.#planned.findIndex((one) => one.command === command && (one.node === null || one.node === node))
    return at === -1 ? null : (this.#planned.splice(at, 1)[0]?.fault ?? null)
  }
}
