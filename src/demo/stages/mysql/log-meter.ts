import type { MysqlConnection } from '../../../sources/mysql/connect/connection.ts'
import { type LogFiles, readLogFiles } from '../../../sources/mysql/inspect/log-files.ts'

export interface MeteredLog extends LogFiles {
  /** The sizes of all files that were ever listed, by name. */
  readonly sizes: ReadonlyMap<string, number>
  readonly writtenBytes: number
}

/** Lists the files of the log, and remembers those that were purged since. */
export class LogMeter {
  readonly #sizes = new Map<string, number>()

  async read(admin: MysqlConnection): Promise<MeteredLog> {
    const log = (await readLogFiles(admin, new AbortController().signal)) ?? { files: [], end: null }
    for (const { name, bytes } of log.files) this.#sizes.set(name, Math.max(bytes, this.#sizes.get(name) ?? 0))
    const writtenBytes = [...this.#sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
    return { ...log, sizes: this.#sizes, writtenBytes }
  }
}
