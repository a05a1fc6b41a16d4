/**
 * Who acts on an error. `configuration` and `permission`: the operator, at once; `read-only`: the server refuses writes;
 * `transient`: nobody, it is tried again; `unknown`: it is tried again and reported ever louder, for whoever can tell what it means; `lost position`: the operator, by choosing; `defect`: us; `notice`: nobody, to be known.
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
  /** What it means, one sentence. */
  readonly summary: string
  /** What to do, one or two sentences. */
  readonly cure: string
  readonly retry: boolean
}
