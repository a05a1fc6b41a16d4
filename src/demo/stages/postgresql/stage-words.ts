import { bytesInWords, timeInWords } from '../../../model/figures.ts'
import type { FilesOnDisk, SideState, SideSummary } from '../../side-state.ts'
import type { SideRow, StageWords } from '../../stage.ts'
import { SLOTS } from './prepared-server.ts'

export function stageWords(limitBytes: number, checkpointIntervalMs: number): StageWords {
  return {
    reader: { guarded: `slot ${SLOTS.guarded}`, unguarded: `slot ${SLOTS.unguarded}` },
    unguardedReader: 'a reader that acknowledges only rows',
    chart: { of: 'held', limit: limitBytes },
    rows,
    line: ({ heldBytes, disk, position }: SideState) =>
      `held ${bytesInWords(heldBytes ?? 0)} (disk ${bytesInWords(disk.bytes)}), at ${position}`,
    summary: ({ heldBytesStart, heldBytesEnd }: SideSummary) =>
      `holds ${bytesInWords(heldBytesEnd)} of the log (${bytesInWords(heldBytesStart)} at the start)`,
    rules: `CHECKPOINT every ${timeInWords(checkpointIntervalMs)}; limit ${bytesInWords(limitBytes)}`,
  }
}

function rows({ heldBytes, disk, position, positionAgeMs, runwaySeconds, verdict }: SideState): readonly SideRow[] {
  const isLost = verdict?.name === 'lost'
  const runway = runwaySeconds === null ? 'measuring ...' : timeInWords(runwaySeconds * 1000)
  return [
    { label: 'retained by the slot', value: isLost ? 'removed' : bytesInWords(heldBytes ?? 0) },
    { label: 'kept on the disk', value: isLost ? 'removed' : `${bytesInWords(disk.bytes)} in ${filesInWords(disk)}` },
    { label: 'acknowledged', value: `${position}, ${timeInWords(positionAgeMs)} ago` },
    { label: 'could be down for', value: isLost ? '-' : runway },
  ]
}

function filesInWords({ files }: FilesOnDisk): string {
  return files === 1 ? '1 file' : `${files} files`
}
