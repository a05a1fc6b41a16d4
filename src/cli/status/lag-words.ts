import { bytesInWords, timeInWords } from '../../model/figures.ts'
import type { SourceStatus } from '../../model/source-status.ts'

type OffsetStatus = NonNullable<SourceStatus['offset']>

/** How far the stored offset is behind the end of the log, after the position and when it was stored. */
export function behindText(offset: OffsetStatus): string {
  const lag = lagInWords(offset)
  if (lag !== null) return `${lag} behind`
  switch (offset.behind) {
    case 'no':
      return 'at the end of the log'
    case 'yes':
      return 'behind, by how much is not known'
    default:
      return 'how far behind is not known'
  }
}

/** The same in a column. */
export function behindCell(offset: SourceStatus['offset']): string {
  if (offset === null) return '?'
  return lagInWords(offset) ?? (offset.behind === 'no' ? 'no' : '?')
}

/** In bytes where the database counts its log in bytes, else in time; null: not known. */
function lagInWords({ lagBytes, lagMs }: OffsetStatus): string | null {
  if (lagBytes !== null) return bytesInWords(lagBytes)
  return lagMs === null ? null : timeInWords(lagMs)
}
