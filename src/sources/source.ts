import type { ZodType } from 'zod'
import type { Clock } from '../model/clock.ts'
import type { Fix } from '../model/fix.ts'
import type { LogEvent } from '../model/log-event.ts'
import type { LogState } from '../model/log-state.ts'
import type { Logger } from '../model/logger.ts'
import type { Offset } from '../model/offset.ts'
import type { Position, PositionCodec } from '../model/position.ts'
import type { Secret } from '../model/secret.ts'
import type { TableName } from '../model/table.ts'
import type { AdminSession } from './admin-session.ts'
import type { Checkup } from './check.ts'
import type { RawTap } from './raw-log.ts'
import type { ScriptForm } from './script-form.ts'
import type { SetupPlan, SetupVariant } from './setup.ts'
import type { SourceConfig } from './source-config.ts'
import type { SourceDefaults } from './source-schema.ts'
import type { Survey } from './survey.ts'

/**
 * What a database must give to be a source. Read in this order: SourceDefinition (what it is), Probe (side connections), Reader (the one
 * stream). The probe alone makes a source whose log others read and that is watched; of the optional parts, `missing-part.ts` has the
 * error when one that is absent is asked for. Only `registry.ts` names a concrete source.
 */
export interface SourceDefinition<Config extends SourceConfig> {
  readonly kind: string
  /** Checks one entry of `sources:` and fills in the defaults. */
  readonly config: ZodType<Config>
  /** What `config` is built from: how a connection is written, and the forms of the heartbeats. */
  readonly defaults: SourceDefaults
  readonly facts: SourceFacts
  readonly positions: PositionCodec
  /** The names, in the envelope's `source` block, of the values in `ChangeEvent.place`. */
  readonly placeFields: readonly string[]
  /** How the envelope's `txId` is written. 'number': each id is decimal digits (PostgreSQL's xid); 'text': a string, also one of digits alone. */
  readonly transactionIds: 'number' | 'text'
  /** What every printed statement looks like: of the plan, of a finding, of an error. */
  readonly script: ScriptForm
  /** What to run when a layer 2 beat was written and the stream does not show it; a statement. */
  unseenFix(config: Config): readonly Fix[]
  /** Statements after which the limit of this name keeps at least `value`, in its own unit; absent or empty: none can do it. */
  raiseLimit?(name: string, value: number): readonly Fix[]
  /**
   * Opens side connections. Throws a classified error when the server cannot be reached or refuses.
   * Has `beat` only where the configuration lets this connection write. `signal` ends the opening at once, not what was opened.
   */
  probe(config: Config, context: Context, signal?: AbortSignal): Promise<Probe>
  /**
   * Opens the one stream; nothing is read, created or adopted before `read`. `signal` ends the opening at once, not the stream.
   * Absent: nothing is delivered of such a source, and it has no offset of ours.
   */
  reader?(config: Config, context: Context, signal?: AbortSignal): Promise<Reader>
  /**
   * The same stream, giving `tap` each message of the log as it came before it is decoded, and after one that cannot be decoded the rest of
   * its transaction before the error is thrown. Absent where a transaction that cannot be decoded cannot be passed.
   */
  rawReader?(config: Config, context: Context, tap: RawTap, signal?: AbortSignal): Promise<Reader>
  /**
   * The first position after the stored offset from which the log can be read again, where the server itself refuses to send what follows
   * the offset. Moves nothing. Absent where that cannot happen. Rejects with SKIP_REFUSED when the log can be read, or not before `head`.
   */
  passUnreadable?(
    config: Config,
    context: Context,
    stretch: { readonly from: Position; readonly head: Position },
    signal: AbortSignal,
  ): Promise<Passage>
  /** Absent: nobody knows what this database needs. */
  readonly setup?: SourceSetup<Config>
  /** One inspection of a database from which a configuration is proposed; writes nothing. Throws a classified error. */
  survey(config: Config, context: Context, signal?: AbortSignal): Promise<Survey>
  /** The doctor's checks of the database; loaded when first asked for. Absent: the doctor checks the two layers alone. */
  checkup?(): Promise<Checkup<Config>>
  /**
   * Opens a session by the administrator's URL; throws a classified error that does not repeat it. `signal` ends the opening at once.
   * Absent: what is printed has to be run by a person.
   */
  admin?(config: Config, url: Secret, context: Context, signal?: AbortSignal): Promise<AdminSession>
}

export interface SourceSetup<Config extends SourceConfig> {
  /** Who may run the server, as `SetupVariant.service` names them; the first is the usual one. */
  readonly services: readonly string[]
  /** Pure: what the database needs for this configuration, to be printed or applied. */
  plan(config: Config, variant: SetupVariant): SetupPlan
}

/** How a stretch of log that cannot be read is passed. */
export interface Passage {
  readonly position: Position
  /** How many transactions lie before it. */
  readonly transactions: number
  /** The log after it cannot be read either: the search was given up for now. */
  readonly more: boolean
}

/** What the quick reference (`offbeat support`) is printed from. */
export interface SourceFacts {
  readonly title: string
  readonly heartbeatTable: string
  /** e.g. 'schema streamkap'. */
  readonly where: string
  readonly readOnlyForm: string
  readonly scheduler: string
}

export interface Context {
  /** The source's name in the configuration. */
  readonly source: string
  readonly log: Logger
  readonly clock: Clock
}

export interface LookOptions {
  /** Show the first words of the statements of those who retain the log. */
  readonly queries?: boolean
}

/** A position that the server keeps for its readers. */
export interface KeptPosition {
  readonly position: Position
  /** Whose it is, for the ledger: a clause. */
  readonly why: string
  /** The client that reads from it now and moves it, in words; null: none. */
  readonly reader: string | null
}

/** What an offset needs beside its position. */
export type OffsetContent = Pick<Offset, 'server' | 'memory'>

/** Why heartbeats do not come, and what to do. */
export interface Silence {
  readonly found: string
  readonly fix: readonly Fix[]
}

export interface Probe extends AsyncDisposable {
  /**
   * One inspection of the log and of our position in it. `offset` gives the offset as it is stored when it is called; null when nothing has
   * been stored yet. A connector that runs stores it, and then acknowledges it to the server, during an inspection: what speaks against
   * resuming counts only against an offset that was read after it was seen on the server.
   * Rejects with a classified error when the inspection itself fails; what we may not see is in `unseen`, never "missing".
   * `show.queries`: the first words of the statements of those who retain the log are in the blockers' details; never a value of theirs.
   */
  inspect(offset: () => Offset | null, signal: AbortSignal, show?: LookOptions): Promise<LogState>
  /**
   * One layer 2 write carrying `nonce`, on a connection and with a timeout of its own. Absent where no code path may write.
   * Resolves when the database has committed it. `reached`: a position at or after the commit, and before most of what follows it, so that
   * an offset at or after it has passed the beat whether or not its pulse was seen; null where the database does not say.
   */
  beat?(nonce: string, signal: AbortSignal): Promise<{ readonly reached: Position | null }>
  /**
   * Why the stream may not show what is written, as far as the server that is read shows it and, for a job, the primary where it can be
   * inspected; null: not known yet, or unchanged. Called at each inspection while no pulse arrives.
   */
  silence?(signal: AbortSignal): Promise<Silence | null>
  /**
   * The position that the server keeps for us, which an operator can take over explicitly. Absent where servers keep none.
   * Rejects with a classified error when there is none, or the log cannot be read from it.
   */
  keptPosition?(signal: AbortSignal): Promise<KeptPosition>
  /**
   * What an offset at `position` must hold so that the reader starts from it: the server's identity, and the memory as far as it is known
   * now and in `known`, what an older offset of the source holds. Moves nothing; whether the log can be read from there is for the reader to say.
   * Absent where there is no reader.
   */
  offsetAt?(position: Position, known: OffsetContent | null, signal: AbortSignal): Promise<OffsetContent>
  /** The tables whose changes come, as far as they are there now. Absent where it is not known beforehand. */
  tables?(signal: AbortSignal): Promise<readonly TableName[]>
}

export interface Reader extends AsyncDisposable {
  /**
   * The log from `from` on, in commit order, whole transactions: begin, changes and pulses, commit; progress only between them. 'now'
   * creates the position on the server when there is none. As soon as the log is open it yields, `[]` where there is nothing to give yet:
   * the caller writes its first heartbeat then, which may be the first event that the log has. Keeps the server's connection alive though
   * nobody pulls, reads no further than its stated buffer ahead of what was taken, ends by throwing a classified error, or by returning
   * when `signal` aborts. To be called once.
   */
  read(from: Offset | 'now', signal: AbortSignal): AsyncIterable<readonly LogEvent[]>
  /**
   * Says that everything up to `offset` is delivered and stored. The newest wins; sent on the reader's own rhythm,
   * at once after an urgent progress. `onSent` is called once, when this offset or a later one has been sent to the server.
   */
  acknowledge(offset: Offset, onSent: () => void): void
}
