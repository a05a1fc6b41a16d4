import type { DatabaseSync } from 'node:sqlite'
import { parsedFixes } from '../model/fix.ts'
import type { Pulse } from '../model/pulse.ts'
import type { ConnectorStatus, SourceStatus } from '../model/source-status.ts'
import { VERDICTS } from '../model/verdict.ts'
import { MOVED_BY } from '../sqlite/offset-row.ts'
import { bigintOrNullAt, memberAt, numberAt, numberOrNullAt, type Row, textAt, textOrNullAt } from '../sqlite/row.ts'
import { type JournalReader, type LedgerEntry, MOST_PULSES, type Sample, type VerdictChange } from './journal.ts'

/** The history in a store file. `open` returns the connection for reading. */
export class SqliteJournalReader implements JournalReader {
  readonly #open: () => DatabaseSync

  constructor(open: () => DatabaseSync) {
    this.#open = open
  }

  async ledger(source: string, limit: number): Promise<readonly LedgerEntry[]> {
    return this.#all('select * from ledger where source = ? order by id desc limit ?', source, limit).map(ledgerOfRow)
  }

  async pulses(source: string, sinceMs: number): Promise<readonly Pulse[]> {
    const sql = 'select * from pulse where source = ? and at_ms >= ? order by at_ms desc, nonce desc limit ?'
    return this.#all(sql, source, sinceMs, MOST_PULSES).map(pulseOfRow)
  }

  async samples(source: string, sinceMs: number): Promise<readonly Sample[]> {
    // Ordered by when they were written, so that a clock that was set back does not reorder them.
    const sql = 'select * from sample where source = ? and at_ms >= ? order by id desc'
    return this.#all(sql, source, sinceMs).map(sampleOfRow)
  }

  async verdicts(source: string, sinceMs: number): Promise<readonly VerdictChange[]> {
    const sql = 'select * from verdict where source = ? and at_ms >= ? order by at_ms desc, id desc'
    return this.#all(sql, source, sinceMs).map(verdictOfRow)
  }

  async status(source: string): Promise<{ readonly status: SourceStatus; readonly atMs: number } | null> {
    const row = this.#open().prepare('select at_ms, status from status where source = ?').get(source)
    if (row === undefined) return null
    const atMs = numberAt(row, 'at_ms')
    // Written from a SourceStatus; the schema version guarantees its form. The first versions did not write `connector` and `tables`, and
    // wrote fixes as plain texts, which are left out.
    const status = JSON.parse(textAt(row, 'status'), (name, value: unknown): unknown =>
      name === 'fix' ? parsedFixes(value) : value,
    ) as Omit<SourceStatus, 'connector' | 'tables'> & Partial<SourceStatus>
    return { status: { tables: null, ...status, connector: { ...reportedAt(atMs), ...status.connector } }, atMs }
  }

  #all(sql: string, source: string, ...bounds: readonly number[]): Row[] {
    return this.#open()
      .prepare(sql)
      .all(source, ...bounds)
  }
}

function reportedAt(atMs: number): ConnectorStatus {
  const reported = new Date(atMs).toISOString()
  return { running: true, pid: null, since: null, reportedAt: reported, failed: null, retrying: null }
}

function ledgerOfRow(row: Row): LedgerEntry {
  return {
    atMs: numberAt(row, 'at_ms'),
    by: memberAt(row, 'moved_by', MOVED_BY),
    from: textOrNullAt(row, 'from_position'),
    to: textOrNullAt(row, 'to_position'),
    why: textAt(row, 'why'),
  }
}

function pulseOfRow(row: Row): Pulse {
  return {
    nonce: textAt(row, 'nonce'),
    writtenAtMs: numberOrNullAt(row, 'written_at_ms'),
    seenAtMs: numberOrNullAt(row, 'seen_at_ms'),
    deliveredAtMs: numberOrNullAt(row, 'delivered_at_ms'),
    storedAtMs: numberOrNullAt(row, 'stored_at_ms'),
    acknowledgedAtMs: numberOrNullAt(row, 'acknowledged_at_ms'),
    committedAtMs: numberOrNullAt(row, 'committed_at_ms'),
    failedCode: textOrNullAt(row, 'failed_code'),
  }
}

function sampleOfRow(row: Row): Sample {
  const [system, run] = [addedText(row, 'system'), addedText(row, 'run')]
  return {
    atMs: numberAt(row, 'at_ms'),
    server: system === null || run === null ? null : { system, run },
    headPosition: textAt(row, 'head_position'),
    writtenBytes: bigintOrNullAt(row, 'written_bytes'),
    heldBytes: bigintOrNullAt(row, 'held_bytes'),
    lagBytes: bigintOrNullAt(row, 'lag_bytes'),
  }
}

/** The column is missing in a file that no newer version of Offbeat has migrated yet. */
function addedText(row: Row, column: string): string | null {
  return row[column] === undefined ? null : textOrNullAt(row, column)
}

function verdictOfRow(row: Row): VerdictChange {
  const from = row['from_verdict'] === null ? null : memberAt(row, 'from_verdict', VERDICTS)
  return { atMs: numberAt(row, 'at_ms'), from, to: memberAt(row, 'to_verdict', VERDICTS), why: textAt(row, 'why') }
}
