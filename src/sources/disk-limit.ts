import { bytesInWords } from '../model/figures.ts'
import { type Fix, forPerson } from '../model/fix.ts'
import type { Limit } from '../model/log-state.ts'
import type { DiskConfig } from './disk-schema.ts'

/** Measuring the size of a server's data is expensive, so it is done at most once in this time. */
const MEASURE_EVERY_MS = 600_000

const DISK = 'disk'
const FULL = 'a full disk stops the server'

/** The size of the files on the volume that a source can see. */
export interface SizeOnDisk {
  readonly bytes: number
  /** What was measured and what was not: "the databases have 3 GB". */
  readonly words: string
}

export interface LogOnDisk extends SizeOnDisk {
  /** false: only part of the log is visible to us. */
  readonly isWhole: boolean
}

/** The volume of the database's log, as a limit. Caches the expensive measurement between inspections. */
export class DiskLimit {
  readonly #disk: DiskConfig | null
  #data: (SizeOnDisk & { readonly atMs: number }) | null = null

  constructor(disk: DiskConfig | null) {
    this.#disk = disk
  }

  /**
   * null: the configuration does not give the size of the volume. `measureData` is called only if the volume also holds the databases, and
   * at most once in `MEASURE_EVERY_MS`. The figure is then an estimate, because the volume has other files too. `atMs` is the time of the
   * inspection.
   */
  async of(log: LogOnDisk, measureData: () => Promise<SizeOnDisk>, atMs: number): Promise<Limit | null> {
    const disk = this.#disk
    if (disk === null) return null
    const data = disk.holds === 'everything' ? await this.#measured(measureData, atMs) : null
    return {
      name: DISK,
      unit: 'bytes',
      keeps: disk.sizeBytes,
      used: log.bytes + (data?.bytes ?? 0),
      certain: data === null && log.isWhole,
      ends: 'disk full',
      because: [log.words, ...(data === null ? [] : [`${data.words}; other files on the disk are not counted`]), FULL],
    }
  }

  async #measured(measureData: () => Promise<SizeOnDisk>, atMs: number): Promise<SizeOnDisk> {
    const known = this.#data
    if (known !== null && Math.abs(atMs - known.atMs) < MEASURE_EVERY_MS) return known
    const measured = { ...(await measureData()), atMs }
    this.#data = measured
    return measured
  }
}

/** A volume of unknown size is reported only if nothing else limits the retained log. */
export function diskLimits(disk: Limit | null, isBounded: boolean): readonly Limit[] {
  if (disk !== null) return [disk]
  return isBounded ? [] : [unknownDisk()]
}

function unknownDisk(): Limit {
  const how = 'set `disk: { size: 500GB }` in the source, and the runway takes it into account'
  const because = [`the size of the disk is not known: ${how}; ${FULL}`]
  return { name: DISK, unit: 'bytes', keeps: null, used: 0, certain: false, ends: 'disk full', because }
}

/** How to make room for `bytes` if `limit` is the volume; null: it is another limit. */
export function largerDisk(limit: string, bytes: number, log: string): readonly Fix[] | null {
  if (limit !== DISK) return null
  const size = bytesInWords(Math.ceil(bytes / 1024 ** 3) * 1024 ** 3)
  return [forPerson(`a disk of at least ${size} for ${log}, and its size in \`disk\` of the source`)]
}
