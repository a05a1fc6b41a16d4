import type { Clock } from '../../../model/clock.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { Offset } from '../../../model/offset.ts'
import { onlyHost } from '../../connect/host-order.ts'
import type { Context } from '../../source.ts'
import type { MysqlConfig } from '../config.ts'
import { connectMysql, type MysqlConnection } from '../connect/connection.ts'
import { unlessFailed } from '../errors/unless-failed.ts'
import { logFileName } from '../position/log-file.ts'
import { compareMariadbGtids, type MariadbGtidList, parseMariadbGtidList } from '../position/mariadb-gtid-list.ts'
import { containsMysqlGtids, type MysqlGtidSet, parseMysqlGtidSet } from '../position/mysql-gtid-set.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'
import { type FileHead, readFileHead } from '../read/file-head.ts'
import { gtidsBefore } from './gtids-before.ts'
import type { LogFile, LogFiles } from './log-files.ts'
import type { MysqlFacts, ServerFacts } from './server-facts.ts'

/** Opens a connection to the same server that can request the log. */
type OpenForLog = (like: MysqlConnection, signal: AbortSignal) => Promise<MysqlConnection>

export function logHistory(config: MysqlConfig, { source, clock }: Pick<Context, 'source' | 'clock'>): LogHistory {
  return new LogHistory(
    (like, signal) =>
      connectMysql(onlyHost(config, like.target), { source: `${source} (inspection)`, use: 'log', signal }),
    clock,
  )
}

/**
 * What the files of a server's log begin with: which transactions are before them, and when the server began them. Neither changes, so
 * each is read once and kept between inspections. What cannot be read is null, because no inspection should fail for it.
 */
export class LogHistory {
  readonly #open: OpenForLog
  readonly #clock: Clock
  readonly #heads = new Map<string, FileHead>()
  readonly #before = new Map<string, string>()
  #listed: readonly LogFile[] = []
  #server = ''
  #isDenied = false

  constructor(open: OpenForLog, clock: Clock) {
    this.#open = open
    this.#clock = clock
  }

  /** Whether the user lacks the privilege to read the log. */
  get isDenied(): boolean {
    return this.#isDenied
  }

  /** Call it with each listing of the files. A log that begins again, and another server's, can have files with the same names. */
  listed({ files }: LogFiles, server: string): void {
    const isSameLog = server === this.#server && goesOn(this.#listed, files)
    const names = new Set(isSameLog ? files.map(({ name }) => name) : [])
    for (const known of [this.#heads, this.#before])
      for (const file of known.keys()) if (!names.has(file)) known.delete(file)
    this.#listed = files
    this.#server = server
  }

  /** The first event of the file. It needs a connection of its own. */
  async head(like: MysqlConnection, file: string, signal: AbortSignal): Promise<FileHead | null> {
    return await kept(this.#heads, file, signal, async () => {
      await using connection = await this.#open(like, signal)
      return await this.#noting(readFileHead(connection, file, this.#clock, signal))
    })
  }

  async #noting<T>(reading: Promise<T>): Promise<T> {
    try {
      const value = await reading
      this.#isDenied = false
      return value
    } catch (error) {
      this.#isDenied = error instanceof OffbeatError && error.code === 'DATABASE_PERMISSION'
      throw error
    }
  }

  /** The GTIDs of all transactions before the file. */
  async before(connection: MysqlConnection, file: string, signal: AbortSignal): Promise<string | null> {
    return await kept(this.#before, file, signal, () => gtidsBefore(connection, file, signal))
  }
}

/** Whether the newer listing is of the same log: only the last file grows, and names are not used again. */
function goesOn(older: readonly LogFile[], newer: readonly LogFile[]): boolean {
  const [last] = older.slice(-1)
  if (last === undefined) return true
  const sizes = new Map(newer.map(({ name, bytes }) => [name, bytes]))
  return older.every(({ name, bytes }) => (sizes.get(name) ?? bytes) >= bytes) && sizes.has(last.name)
}

async function kept<T>(
  known: Map<string, T>,
  file: string,
  signal: AbortSignal,
  read: () => Promise<T | null>,
): Promise<T | null> {
  const value = known.get(file) ?? (await unlessFailed(read(), signal))
  if (value !== null) known.set(file, value)
  return value
}

export interface Search {
  readonly connection: MysqlConnection
  readonly history: LogHistory
  readonly signal: AbortSignal
}

/** The index of the oldest file with something after the offset: without it, the offset is lost. null: it cannot be determined. */
export async function neededFile(offset: Offset, facts: ServerFacts, search: Search): Promise<number | null> {
  if (facts.log === null) return null
  return facts.product === 'mysql'
    ? await neededOfMysql(offset, facts, facts.log, search)
    : await neededOfMariadb(offset, facts.log, search)
}

async function neededOfMysql(
  { position }: Offset,
  { gtidMode }: MysqlFacts,
  log: LogFiles,
  search: Search,
): Promise<number | null> {
  const at = MYSQL_POSITIONS.filePositionOf(position)
  if (at !== null && gtidMode !== 'ON') return indexOf(log, logFileName(at))
  const ours = MYSQL_POSITIONS.gtidsOf(position)
  return await lastBegunWithin(log, search, (before) => hasMysql(ours, before))
}

function hasMysql(ours: MysqlGtidSet, before: string): boolean {
  const set = parseMysqlGtidSet(before)
  return set !== null && containsMysqlGtids(ours, set)
}

async function neededOfMariadb({ position }: Offset, log: LogFiles, search: Search): Promise<number | null> {
  const at = MARIADB_POSITIONS.filePositionOf(position)
  const ours = MARIADB_POSITIONS.gtidsOf(position)
  if (ours.size === 0 && at !== null) return indexOf(log, logFileName(at))
  return await lastBegunWithin(log, search, (before) => hasMariadb(ours, before))
}

function hasMariadb(ours: MariadbGtidList, before: string): boolean {
  const list = parseMariadbGtidList(before)
  if (list === null) return false
  return [...list].every(([domain, last]) => {
    const mine = ours.get(domain)
    return mine !== undefined && compareMariadbGtids(new Map([[domain, last]]), new Map([[domain, mine]])) !== 'after'
  })
}

function indexOf({ files }: LogFiles, name: string): number | null {
  const at = files.findIndex((file) => file.name === name)
  return at < 0 ? null : at
}

/** The last file before which there is only what `isOurs` accepts. What is before a file only grows from file to file. */
async function lastBegunWithin(
  { files }: LogFiles,
  { connection, history, signal }: Search,
  isOurs: (before: string) => boolean,
): Promise<number | null> {
  let [low, high] = [-1, files.length]
  // Most offsets are in the last file.
  let at = files.length - 1
  while (low + 1 < high) {
    const before = await history.before(connection, files[at]?.name ?? '', signal)
    if (before === null) return null
    if (isOurs(before)) low = at
    else high = at
    at = Math.floor((low + high) / 2)
  }
  return low < 0 ? null : low
}
