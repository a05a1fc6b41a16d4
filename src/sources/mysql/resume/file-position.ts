import type { JsonObject } from '../../../model/json.ts'
import type { Offset } from '../../../model/offset.ts'
import type { LogFiles } from '../inspect/log-files.ts'
import { identityOf, positionsOf, type ServerFacts } from '../inspect/server-facts.ts'
import {
  compareLogFilePositions,
  type LogFilePosition,
  logFileName,
  logFilePositionText,
  parseLogFile,
  parseLogFilePosition,
} from '../position/log-file.ts'
import { isSameServer, type Opening, opened, type ResumeInput } from './opening.ts'
import { logPurged, logReset, otherServer } from './position-lost.ts'

/** What an offset remembers in addition to its GTIDs: where it lies in the files of its server. */
export function fileMemory(file: string | null, position: number): JsonObject {
  return file === null ? {} : { log: `${file}:${position}` }
}

/** Where the offset lies in the files of the server that it comes from. null: not known. */
export function filePositionOf(offset: Offset, product: ServerFacts['product']): LogFilePosition | null {
  const { log } = offset.memory
  return (
    positionsOf({ product }).filePositionOf(offset.position) ??
    (typeof log === 'string' ? parseLogFilePosition(log) : null)
  )
}

/** Where the offset lies in the files of this server. null: not known, or it comes from another server. */
export function filePositionOnServer(offset: Offset, facts: ServerFacts): LogFilePosition | null {
  return isSameServer({ source: '', offset, facts }) ? filePositionOf(offset, facts.product) : null
}

/** How the files contradict the place of the offset: the log ends before it. The server never writes a file of a lower number again. */
export function endsBefore(filePosition: LogFilePosition | null, log: LogFiles | null): string | null {
  if (filePosition === null || log === null || log.end === null) return null
  if (compareLogFilePositions(filePosition, log.end) === 'after')
    return `the log ends at ${logFilePositionText(log.end)}; the offset is at ${logFilePositionText(filePosition)}`
  const file = log.files.find(({ name }) => name === logFileName(filePosition))
  if (file === undefined || filePosition.offset <= file.bytes) return null
  return `${file.name} has ${file.bytes} bytes; the offset is at ${filePosition.offset}`
}

export function hasFilePosition(filePosition: LogFilePosition | null, log: LogFiles | null): boolean {
  if (filePosition === null || log === null) return false
  const file = log.files.find(({ name }) => name === logFileName(filePosition))
  return file !== undefined && filePosition.offset <= file.bytes
}

/** Checks a start by file. A file name and an offset are valid only on the server that they come from. */
export function checkFilePosition(input: ResumeInput, filePosition: LogFilePosition): Opening {
  const { log } = input.facts
  if (!isSameServer(input)) return { can: 'no', error: otherServer(input, `the server has ${identityText(input)}`) }
  if (log === null) return { can: 'unknown' }
  const reset = endsBefore(filePosition, log)
  if (reset !== null) return { can: 'no', error: logReset(input, reset) }
  if (hasFilePosition(filePosition, log)) {
    const start = { by: 'file', filePosition } as const
    return opened(true, `the server has ${logFilePositionText(filePosition)}`, { start, from: input.offset.position })
  }
  const oldest = parseLogFile(log.files[0]?.name ?? '')
  const order = oldest === null ? 'unordered' : compareLogFilePositions(filePosition, { ...oldest, offset: 4 })
  const found = `the files of the server are ${log.files[0]?.name} to ${log.files.at(-1)?.name}`
  return { can: 'no', error: order === 'before' ? logPurged(input, found, {}) : logReset(input, found) }
}

function identityText({ facts }: ResumeInput): string {
  return Object.entries(identityOf(facts))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
