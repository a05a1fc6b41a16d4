/** How to print statements so that they can be pasted into the database's own command line client. */
export interface ScriptForm {
  /** The value of `setup --as`, e.g. 'sql'. */
  readonly name: string
  /** The client, e.g. 'psql'. It is also the label of a statement on the screen. */
  readonly client: string
  /** Begins each line of a comment, e.g. '-- '. */
  readonly comment: string
  /** A statement as the client needs it, with its terminator and anything that must surround it. `note`: a comment to print with it. */
  statement(text: string, note?: string): string
  /** The command that switches to this database for the statements that follow. */
  enter(database: string): string
}
