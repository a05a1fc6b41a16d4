/** A position in the log that is being read. */
export interface StreamPosition {
  readonly file: string | null
  readonly position: number
}
