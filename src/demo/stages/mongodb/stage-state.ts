import { bytesInWords } from '../../../model/figures.ts'
import type { Offset } from '../../../model/offset.ts'
import { pointOf } from '../../../sources/mongodb/position/position.ts'
import type { SideLogState } from '../../side-state.ts'
import type { Side, StageState } from '../../stage.ts'
import type { OplogMeter } from './oplog-meter.ts'

/** What the oplog means for the two readers. The server itself does not know their positions. */
export function stageState(
  ends: { readonly first: number; readonly last: number },
  meter: Pick<OplogMeter, 'bytesAfter' | 'writtenBytes'>,
  offsets: Readonly<Record<Side, Offset | null>>,
): StageState {
  const sideOf = (offset: Offset): SideLogState => {
    const { seconds } = pointOf(offset.position).time
    const bytes = meter.bytesAfter(seconds)
    // Entries of the second of the oldest one can be missing.
    const heldBytes = seconds < ends.first ? null : bytes
    return { heldBytes, disk: { files: 0, bytes: heldBytes ?? 0 }, position: clockTime(seconds) }
  }
  return {
    head: clockTime(ends.last),
    writtenBytes: meter.writtenBytes,
    logOnDisk: `oplog from ${clockTime(ends.first)} to ${clockTime(ends.last)}, ${bytesInWords(meter.bytesAfter(ends.first))}`,
    sides: {
      ...(offsets.guarded === null ? {} : { guarded: sideOf(offsets.guarded) }),
      ...(offsets.unguarded === null ? {} : { unguarded: sideOf(offsets.unguarded) }),
    },
  }
}

function clockTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19)
}
