import { bytesInWords, timeInWords } from '../../model/figures.ts'
import type { SourceStatus } from '../../model/source-status.ts'

type OffsetStatus = NonNullable<SourceStatus['offset']>

/** How far the stored offset is behind the end of the log. Printed after the position and the time when it was stored. */
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

/** The same text for a column. */
export function behindCell(offset: SourceStatus['offset']): string {
  if (offset === null) return '?'
  return lagInWords(offset) ?? (offset.behind === 'no' ? 'no' : '?')
}

/** In bytes if the database measures its log in bytes, otherwise as a time. null: not known. */
function lagInWords({ lagBytes, lagMs }: OffsetStatus): string | null {
  if (lagBytes !== null) return bytesInWords(lagBytes)
  return lagMs === null ? null : timeInWords(lagMs)
}
