import type { Journal, JournalEntry } from '../journal/journal.ts'
import type { SourceBoard } from './source-board.ts'

/** The journal; what is written is also reported to the board, also where the store cannot take it at present. */
export function observedJournal(journal: Journal, board: SourceBoard): Journal {
  // What could not be written comes again.
  const told = new WeakSet<JournalEntry>()
  return {
    append: async (entries) => {
      for (const entry of entries) {
        if (!told.has(entry)) board.journaled(entry)
        told.add(entry)
      }
      await journal.append(entries)
    },
    history: journal.history,
  }
}
