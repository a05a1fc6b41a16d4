/** How statements are written for the database's own command line client, wherever they are printed to be pasted there. */
export interface ScriptForm {
  /** As `setup --as` takes it, e.g. 'sql'. */
  readonly name: string
  /** The client, e.g. 'psql'. */
  readonly client: string
  /** Begins each line of a comment, e.g. '-- '. */
  readonly comment: string
  /** A statement as the client takes it: ended, and with what must be around it. `note`: a comment that belongs to it. */
  statement(text: string, note?: string): string
  /** What switches to this database before the statements that follow. */
  enter(database: string): string
}
