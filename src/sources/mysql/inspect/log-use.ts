import type { Offset } from '../../../model/offset.ts'
import type { FileHead } from '../read/file-head.ts'
import { bytesFrom, type LogFiles } from './log-files.ts'
import { neededFile, type Search } from './log-history.ts'
import { identityOf, type ServerFacts } from './server-facts.ts'

/** The oldest file that the offset needs. */
export interface NeededFile {
  readonly name: string
  /** The server still writes to it. */
  readonly isLast: boolean
  /** The first event of the next file. null: there is none, or it could not be read. */
  readonly next: FileHead | null
  /** The size of the log from the start of the file. */
  readonly bytes: number
}

/** What is compared with the limits. */
export interface LogUse {
  readonly atMs: number
  /** null: there is no offset, or it is not known which file it needs. */
  readonly needed: NeededFile | null
  /** When the offset was stored. null: there is none. */
  readonly storedAtMs: number | null
  /** The oldest file, and when the server began it. null: not known. */
  readonly oldest: { readonly name: string; readonly beganAtMs: number } | null
}

interface About {
  readonly offset: Offset | null
  readonly facts: ServerFacts
  readonly isAtEnd: boolean
}

/** What the offset uses of the log. */
export async function logUse(about: About, search: Search): Promise<LogUse> {
  const { offset, facts } = about
  const { log, atMs } = facts
  const storedAtMs = offset?.moved.atMs ?? null
  const [oldest] = log?.files ?? []
  // A log in a storage engine has files, and none of them can be asked for.
  const isInEngine = facts.product === 'mariadb' && facts.logEngine !== null
  if (log === null || oldest === undefined || isInEngine) return { atMs, storedAtMs, needed: null, oldest: null }
  const { history, connection, signal } = search
  history.listed(log, JSON.stringify(identityOf(facts)))
  const began = await history.head(connection, oldest.name, signal)
  return {
    atMs,
    storedAtMs,
    needed: await needed(about, log, search),
    oldest: began === null ? null : { name: oldest.name, beganAtMs: began.beganAtMs },
  }
}

async function needed({ offset, facts, isAtEnd }: About, log: LogFiles, search: Search): Promise<NeededFile | null> {
  if (offset === null) return null
  const index = isAtEnd ? log.files.length - 1 : await neededFile(offset, facts, search)
  const file = log.files[index ?? -1]
  if (index === null || file === undefined) return null
  const after = log.files[index + 1]
  const { history, connection, signal } = search
  const next = after === undefined ? null : await history.head(connection, after.name, signal)
  return { name: file.name, isLast: after === undefined, next, bytes: bytesFrom(index, log) }
}
