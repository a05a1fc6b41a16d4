import { isDocument } from './document-match.ts'
import { type Fault, reply } from './fault.ts'
import { ServerError } from './server-error.ts'
import type { BsonDocument } from './wire-message.ts'

interface FailPoint {
  readonly data: BsonDocument
  left: number
}

const KNOWN = new Set(['failCommand', 'failGetMoreAfterCursorCheckout'])

/** What `configureFailPoint` sets: faults as a mongod has them for the tests of drivers. They count for all nodes. */
export class FailPoints {
  readonly #points = new Map<string, FailPoint>()

  configure(command: BsonDocument): BsonDocument {
    const name = String(command['configureFailPoint'])
    if (!KNOWN.has(name)) throw new ServerError(2, `the fake has no fail point ${name}`)
    const { mode } = command
    if (mode === 'off') this.#points.delete(name)
    else this.#points.set(name, { data: documentOf(command['data']), left: timesOf(mode) })
    return { count: 0, ok: 1 }
  }

  /** null: the command takes its usual course. */
  take(command: string, appName: string | null): Fault | null {
    const byName = this.#points.get('failCommand')
    if (byName !== undefined && concerns(byName.data, command, appName)) return faultOf(this.#spend(byName), command)
    const inside = command === 'getMore' ? this.#points.get('failGetMoreAfterCursorCheckout') : undefined
    return inside === undefined ? null : reply.error(Number(this.#spend(inside)['errorCode']))
  }

  #spend(point: FailPoint): BsonDocument {
    point.left -= 1
    for (const [name, { left }] of this.#points) if (left === 0) this.#points.delete(name)
    return point.data
  }
}

function concerns({ failCommands, appName }: BsonDocument, command: string, of: string | null): boolean {
  return Array.isArray(failCommands) && failCommands.includes(command) && (appName === undefined || appName === of)
}

/** The command fails before it looks for its cursor, so that the cursor stays open, and a getMore is not known to be one of a change stream. */
function faultOf(data: BsonDocument, command: string): Fault {
  const { errorCode, errorLabels, closeConnection, writeConcernError } = data
  const given = Array.isArray(errorLabels) ? errorLabels.map(String) : undefined
  const labels = given ?? (command === 'getMore' ? [] : undefined)
  if (closeConnection === true) return reply.cut('before')
  if (errorCode !== undefined)
    return reply.error(Number(errorCode), { keepsCursor: true, ...(labels === undefined ? {} : { labels }) })
  return reply.rewrite((answer) => ({
    ...answer,
    writeConcernError,
    ...(given === undefined ? {} : { errorLabels: given }),
  }))
}

function timesOf(mode: unknown): number {
  return isDocument(mode) ? Number(mode['times']) : Number.POSITIVE_INFINITY
}

function documentOf(value: unknown): BsonDocument {
  return isDocument(value) ? value : {}
}
