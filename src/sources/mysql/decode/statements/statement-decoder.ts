import type { LogEvent } from '../../../../model/log-event.ts'
import type { TableBook } from '../../tables/table-book.ts'
import type { QueryEvent } from '../events/query-event.ts'
import { readXaPrepare } from '../events/xa-prepare-event.ts'
import type { EventCursor } from '../framing/event-cursor.ts'
import type { EventHeader } from '../framing/event-header.ts'
import { atEvent, type EventPosition } from '../framing/event-position.ts'
import type { StreamPosition } from '../stream-position.ts'
import type { TransactionLog } from '../transaction-log.ts'
import { classify, type Statement, type StatementTable } from './statement.ts'

export interface StatementOptions {
  readonly isWatched: (database: string, table: string) => boolean
  readonly truncates: boolean
  /** Called before the offset after the statement is made. */
  readonly onTableStatement: (query: QueryEvent, position: EventPosition) => void
}

/** Handles query events: the start and end of transactions, and statements without rows. */
export class StatementDecoder {
  readonly #options: StatementOptions
  readonly #book: TableBook
  readonly #transactions: TransactionLog

  constructor(options: StatementOptions, book: TableBook, transactions: TransactionLog) {
    this.#options = options
    this.#book = book
    this.#transactions = transactions
  }

  /** `reached`: the position after the event. */
  query(query: QueryEvent, header: EventHeader, reached: StreamPosition, into: LogEvent[]): void {
    const atMs = header.timestamp * 1000
    const transactions = this.#transactions
    const statement = classify(query.statement)
    switch (statement.kind) {
      case 'begin':
        transactions.begin(atMs, header, into)
        return
      case 'commit':
        transactions.commit(atMs, reached, header, into)
        return
      case 'rollback':
        transactions.rollback(reached, header, into)
        return
      case 'rollbackTo':
        transactions.rollbackTo(header)
        return
      case 'savepoint':
      case 'xaEnd':
        return
      case 'xaStart':
        transactions.beginXa(statement.xid, header)
        return
      case 'xaCommit':
      case 'xaRollback':
        if (transactions.isHeld) transactions.commit(atMs, reached, header, into)
        else transactions.decide(statement.xid, statement.kind === 'xaCommit', atMs, reached, header, into)
        return
      default:
        this.#statement(query, statement, header, reached, into)
    }
  }

  /** With the one-phase flag this event is the commit. */
  xaPrepare(cursor: EventCursor, header: EventHeader, reached: StreamPosition, into: LogEvent[]): void {
    const { isOnePhase } = readXaPrepare(cursor)
    if (isOnePhase) this.#transactions.commit(header.timestamp * 1000, reached, header, into)
    else this.#transactions.prepare(reached, header, into)
  }

  /** A statement within a transaction does not end it (CREATE TABLE ... SELECT). A statement outside of one is a transaction of its own. */
  #statement(
    query: QueryEvent,
    statement: Statement,
    header: EventHeader,
    reached: StreamPosition,
    into: LogEvent[],
  ): void {
    const isAlone = !this.#transactions.isOpen
    if (isAlone) this.#transactions.begin(header.timestamp * 1000, header, into)
    if (!this.#transactions.isReplayed) this.#checkStatement(query, statement, header)
    if (statement.kind === 'truncate') this.#truncate(statement.table, query.database, header, reached, into)
    if (isAlone) this.#transactions.commit(header.timestamp * 1000, reached, header, into)
  }

  #checkStatement(query: QueryEvent, statement: Statement, header: EventHeader): void {
    if (statement.kind === 'definesTables') this.#options.onTableStatement(query, header)
    if (statement.kind !== 'changesRows' || !this.#mayBeWatched(statement.table, query.database)) return
    throw atEvent('MYSQL_STATEMENT_LOGGED', header, 'rows of a watched table were changed by a statement')
  }

  #mayBeWatched(table: StatementTable | null, database: string): boolean {
    return table === null || this.#options.isWatched(table.database ?? database, table.name)
  }

  #truncate(
    table: StatementTable | null,
    database: string,
    header: EventHeader,
    { file }: StreamPosition,
    into: LogEvent[],
  ): void {
    if (!this.#options.truncates || table === null) return
    const version = this.#book.version(table.database ?? database, table.name)
    if (version === undefined || !this.#options.isWatched(version.database, version.name)) return
    const position = [this.#transactions.gtid, file, header.offset, 0]
    this.#transactions.push(
      { type: 'change', table: version, op: 't', before: null, after: null, position },
      header,
      into,
    )
  }
}
