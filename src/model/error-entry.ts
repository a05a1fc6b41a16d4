/**
 * Who acts on an error. `configuration` and `permission`: the operator, immediately. `read-only`: the server rejects writes. `transient`:
 * nobody, it is retried. `unknown`: it is retried and reported at a higher level each time, since a person may have to act. `lost
 * position`: the operator decides. `defect`: the developers. `notice`: nobody, it is information.
 */
export type ErrorKind =
  | 'configuration'
  | 'permission'
  | 'read-only'
  | 'transient'
  | 'unknown'
  | 'lost position'
  | 'defect'
  | 'notice'

export interface ErrorEntry {
  readonly kind: ErrorKind
  /** What the error means, in one sentence. */
  readonly summary: string
  /** What to do, in one or two sentences. */
  readonly cure: string
  readonly retry: boolean
  /** Another client takes the stream whenever we have it, so a short success does not end the failure. */
  readonly byRival?: true
}
