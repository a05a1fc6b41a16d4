import { OffbeatError } from '../../../src/model/error.ts'
import { inDatabase, type StatementFix } from '../../../src/model/fix.ts'
import type { ConnectionConfig } from '../../../src/sources/source-config.ts'
import { SimulatedLog } from './log.ts'
import type { SimulatedPositions } from './position.ts'

export const TABLE = 'CREATE TABLE heartbeat'
export const ROW = 'INSERT ROW heartbeat'
export const grant = (right: 'READ' | 'WRITE' | 'MONITOR' | 'ADMINISTER', user: string) => `GRANT ${right} TO ${user}`

const FORM = /^(CREATE TABLE \w+|INSERT ROW \w+|GRANT \w+ TO \w+|CREATE USER \w+ PASSWORD '.*')$/su

/** A statement that an administrator must run. */
export function statement(text: string): StatementFix {
  return inDatabase(text, 'an administrator')
}

/** The server, at `localhost`: its log and everything else that outlives our processes. */
export class SimulatedDatabase {
  readonly log: SimulatedLog
  /** The statements that were run and not undone. This is all that the server knows of users, privileges and tables. */
  readonly done = new Set(["CREATE USER admin PASSWORD 'a'", grant('ADMINISTER', 'admin')])
  /** The open streams. A stream that is cut ends. */
  readonly streams = new Set<{ isCut: boolean }>()

  constructor(positions?: SimulatedPositions) {
    this.log = new SimulatedLog(positions)
  }

  /** A database with everything that a connector with the user `u` needs. */
  static prepared(positions?: SimulatedPositions): SimulatedDatabase {
    const database = new SimulatedDatabase(positions)
    for (const text of ["CREATE USER u PASSWORD 'secret-of-u'", grant('READ', 'u'), grant('WRITE', 'u'), TABLE, ROW])
      database.done.add(text)
    return database
  }

  /** Ends all streams. */
  cut(): void {
    for (const stream of this.streams) stream.isCut = true
  }

  /** Returns the user's name. */
  login({ hosts, user, password }: ConnectionConfig): string {
    if (!hosts.some(({ host }) => host === 'localhost'))
      throw new OffbeatError('DATABASE_UNREACHABLE', { message: 'no server answers' })
    if (user !== null && this.done.has(`CREATE USER ${user} PASSWORD '${password?.reveal()}'`)) return user
    throw new OffbeatError('DATABASE_PASSWORD_WRONG', { message: `the server refused the password of ${user}` })
  }

  /** `SHOW` with the beginning of a statement returns whether such a statement was run. Any other statement is run. */
  query(text: string): boolean {
    if (text.startsWith('SHOW ')) {
      const asked = text.slice('SHOW '.length)
      return [...this.done].some((each) => each === asked || each.startsWith(`${asked} `))
    }
    if (!FORM.test(text)) throw new OffbeatError('DATABASE_ERROR', { message: 'no such statement', found: text })
    this.done.add(text)
    if (text === ROW) this.log.beat(null, Date.now())
    return true
  }
}
