import { timeInWords } from '../../model/figures.ts'
import type { Runway } from '../../model/runway.ts'

/** The shortest runway in words, for example `at least 3 days`. */
export function runwayInWords({ seconds, kind }: Runway): string {
  if (seconds === 0) return 'none left'
  if (seconds !== null) return `${kind === 'at least' ? 'at least' : 'about'} ${timeInWords(seconds * 1000)}`
  return kind === 'unbounded' ? 'until the disk is full (its size is unknown)' : 'not known yet'
}

/** The same text for a cell of a table. */
export function runwayInShort(runway: Runway): string {
  return runway.kind === 'unbounded' ? 'until disk full' : runwayInWords(runway)
}
