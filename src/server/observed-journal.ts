import type { Journal, JournalEntry } from '../journal/journal.ts'
import type { SourceBoard } from './source-board.ts'

/** Wraps the journal. Entries are also reported to the board, even when the store cannot write them at present. */
export function observedJournal(journal: Journal, board: SourceBoard): Journal {
  // Entries that could not be written are appended again later. They must be reported only once.
  const notified = new WeakSet<JournalEntry>()
  return {
    append: async (entries) => {
      for (const entry of entries) {
        if (!notified.has(entry)) board.journaled(entry)
        notified.add(entry)
      }
      await journal.append(entries)
    },
    history: journal.history,
  }
}
