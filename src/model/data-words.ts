/** What the database calls its data, for messages, headings and titles. The keys of the configuration have the same names in every database. */
export interface DataWords {
  readonly table: string
  readonly row: string
  readonly column: string
  /** The row of the heartbeat table. */
  readonly firstRow: string
}

export const TABLE_WORDS: DataWords = { table: 'table', row: 'row', column: 'column', firstRow: 'row with id = 1' }
