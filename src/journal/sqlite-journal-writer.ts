import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Pulse } from '../model/pulse.ts'
import { unreachable } from '../model/unreachable.ts'
import type { JournalEntry, Sample, VerdictChange } from './journal.ts'

/** Writes journal entries within the caller's transaction. */
export class SqliteJournalWriter {
  readonly #statements: ReturnType<typeof prepare>

  constructor(db: DatabaseSync) {
    this.#statements = prepare(db)
  }

  write(entry: JournalEntry, nowMs: number): void {
    const { source } = entry
    switch (entry.type) {
      case 'pulse':
        this.#pulse(source, entry.pulse, nowMs)
        break
      case 'sample':
        this.#sample(source, entry.sample)
        break
      case 'verdict':
        this.#verdict(source, entry.verdict)
        break
      case 'status':
        this.#statements.status.run(source, Math.round(entry.atMs), JSON.stringify(entry.status))
        break
      default:
        unreachable(entry)
    }
  }

  #verdict(source: string, { atMs, from, to, why }: VerdictChange): void {
    this.#statements.verdict.run(source, Math.round(atMs), from, to, why)
  }

  #pulse(source: string, pulse: Pulse, nowMs: number): void {
    this.#statements.pulse.run(
      source,
      pulse.nonce,
      Math.round(pulse.writtenAtMs ?? pulse.seenAtMs ?? nowMs),
      rounded(pulse.writtenAtMs),
      rounded(pulse.seenAtMs),
      rounded(pulse.deliveredAtMs),
      rounded(pulse.storedAtMs),
      rounded(pulse.acknowledgedAtMs),
      rounded(pulse.committedAtMs),
      pulse.failedCode,
    )
  }

  #sample(source: string, sample: Sample): void {
    const { atMs, server, headPosition, writtenBytes, heldBytes, lagBytes } = sample
    const bytes = [writtenBytes, heldBytes, lagBytes].map((value) => value?.toString() ?? null)
    this.#statements.sample.run(
      source,
      Math.round(atMs),
      headPosition,
      ...bytes,
      server?.system ?? null,
      server?.run ?? null,
    )
  }
}

function prepare(db: DatabaseSync) {
  return {
    pulse: db.prepare('insert or replace into pulse values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    sample: db.prepare(
      `insert into sample (source, at_ms, head_position, written_bytes, held_bytes, lag_bytes, system, run)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    verdict: db.prepare('insert into verdict (source, at_ms, from_verdict, to_verdict, why) values (?, ?, ?, ?, ?)'),
    status: db.prepare('insert or replace into status (source, at_ms, status) values (?, ?, ?)'),
  } satisfies Record<string, StatementSync>
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms)
}
