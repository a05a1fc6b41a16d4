import type { ZodType } from 'zod'
import type { Clock } from '../model/clock.ts'
import type { Fix } from '../model/fix.ts'
import type { ChangeEvent, LogEvent } from '../model/log-event.ts'
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
 * What a database implements to be a source. Read in this order: SourceDefinition (what it is), Probe (side connections), Reader (the one
 * stream). A source with only a probe is monitored while other programs read its log. If an optional part is requested and absent,
 * `missing-part.ts` has the error. Only `registry.ts` names a concrete source.
 */
export interface SourceDefinition<Config extends SourceConfig> {
  readonly kind: string
  /** Checks one entry of `sources:` and fills in the defaults. */
  readonly config: ZodType<Config>
  /** What `config` is built from: the form of a connection, and the forms of the heartbeats. */
  readonly defaults: SourceDefaults
  readonly facts: SourceFacts
  readonly positions: PositionCodec
  /** The names, in the envelope's `source` block, of the values in `ChangeEvent.position`. */
  readonly positionFields: readonly string[]
  /**
   * How the envelope's `txId` is written. 'number': each id is decimal digits (PostgreSQL's xid). 'text': a string, even if it has only
   * digits.
   */
  readonly transactionIds: 'number' | 'text'
  /**
   * The elements of the envelope's `sequence` for a change whose first position value is null. They are compared as numbers, one after the
   * other. Absent: that value is never null.
   */
  sequenceOf?(position: ChangeEvent['position']): readonly string[]
  /** The form of every printed statement: of a plan, a finding or an error. */
  readonly script: ScriptForm
  /** The statements to run when a layer 2 beat was written and the stream does not show it. */
  unseenFix(config: Config): readonly Fix[]
  /** Statements that raise the limit of this name to at least `value`, in its own unit. Absent or empty: no statement can do that. */
  raiseLimit?(name: string, value: number): readonly Fix[]
  /**
   * Opens side connections. Throws a classified error if the server cannot be reached or refuses the connection. The probe has `beat` only
   * if the configuration lets this connection write. `signal` cancels the opening at once; it does not close what was opened.
   */
  probe(config: Config, context: Context, signal?: AbortSignal): Promise<Probe>
  /**
   * Opens the one stream. Nothing is read, created or adopted before `read`. `signal` cancels the opening at once, not the stream. Absent:
   * we deliver nothing from such a source and store no offset for it.
   */
  reader?(config: Config, context: Context, signal?: AbortSignal): Promise<Reader>
  /**
   * The same stream, but `tap` gets each message of the log before it is decoded. After a message that cannot be decoded, `tap` also gets
   * the rest of its transaction before the error is thrown. Absent if a transaction that cannot be decoded cannot be skipped.
   */
  rawReader?(config: Config, context: Context, tap: RawTap, signal?: AbortSignal): Promise<Reader>
  /**
   * The first position after the stored offset from which the log can be read again, for when the server itself refuses to send what
   * follows the offset. Moves nothing. Absent if that cannot happen. Rejects with SKIP_REFUSED if the log can be read, or if there is no
   * such position before `head`.
   */
  passUnreadable?(
    config: Config,
    context: Context,
    stretch: { readonly from: Position; readonly head: Position },
    signal: AbortSignal,
  ): Promise<Passage>
  /** Absent: Offbeat cannot plan a set-up for this database. */
  readonly setup?: SourceSetup<Config>
  /** Inspects a database once, to propose a configuration. Writes nothing. Throws a classified error. */
  survey(config: Config, context: Context, signal?: AbortSignal): Promise<Survey>
  /** The doctor's checks of the database, loaded on first use. Absent: the doctor checks only the two layers. */
  checkup?(): Promise<Checkup<Config>>
  /**
   * Opens a session with the administrator's URL. Throws a classified error that does not contain the URL. `signal` cancels the opening at
   * once. Absent: the user has to run the printed statements.
   */
  admin?(config: Config, url: Secret, context: Context, signal?: AbortSignal): Promise<AdminSession>
}

export interface SourceSetup<Config extends SourceConfig> {
  /** Who can operate the server, as the values of `SetupVariant.service`; the first is the default. */
  readonly services: readonly string[]
  /** Whether an account is for certain hosts, so that `SetupVariant.accountHost` has an effect. */
  readonly hasAccountHosts?: true
  /** Pure. What the database needs for this configuration, to be printed or applied. */
  plan(config: Config, variant: SetupVariant): SetupPlan
}

/** The result of skipping a part of the log that cannot be read. */
export interface Passage {
  readonly position: Position
  /** The number of transactions before it. */
  readonly transactions: number
  /** true: the log after it cannot be read either, and the search was stopped for now. */
  readonly more: boolean
}

/** The database in words, for messages and for the quick reference (`offbeat support`). */
export interface SourceFacts {
  readonly title: string
  /** What a reader opens, e.g. 'a replication connection'. */
  readonly stream: string
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

export interface InspectOptions {
  /** Show the first words of the statements of the clients that retain the log. */
  readonly queries?: boolean
}

/** A position that the server keeps for its readers. */
export interface KeptPosition {
  readonly position: Position
  /** Its owner, for the ledger: a clause. */
  readonly why: string
  /** The client that is reading from it and moving it, in words; null: none. */
  readonly reader: string | null
}

/** What an offset contains in addition to its position. */
export type OffsetContent = Pick<Offset, 'server' | 'memory'>

/** Why heartbeats do not arrive, and what to do. */
export interface Silence {
  readonly found: string
  readonly fix: readonly Fix[]
}

export interface Probe extends AsyncDisposable {
  /**
   * Inspects the log and our position in it once. `offset` returns the stored offset at the time of the call; null if none has been stored
   * yet. A running connector can store an offset and then acknowledge it to the server during an inspection. So a sign that resuming is
   * impossible counts only against an offset that was read after that sign was seen on the server. Rejects with a classified error if the
   * inspection itself fails. What we lack the privilege to see is in `unseen`; it is never reported as missing. `show.queries`: the
   * blockers' details include the first words of the statements of the clients that retain the log, never a value.
   */
  inspect(offset: () => Offset | null, signal: AbortSignal, show?: InspectOptions): Promise<LogState>
  /**
   * Writes one layer 2 beat with `nonce`, on its own connection and with its own timeout. Absent if no code path is allowed to write.
   * Resolves when the database has committed it. `reached`: a position at or after the commit, and before most of what follows it. An
   * offset at or after `reached` has passed the beat, whether or not its pulse was seen. null if the database does not report one.
   */
  beat?(nonce: string, signal: AbortSignal): Promise<{ readonly reached: Position | null }>
  /**
   * Why the stream may not show what is written, as far as can be seen on the server that is read and, for a job, on the primary if it can
   * be inspected. null: not known yet, or unchanged. Called at each inspection while no pulse arrives.
   */
  silence?(signal: AbortSignal): Promise<Silence | null>
  /**
   * The position that the server keeps for us, which an operator can adopt explicitly. Absent if the server keeps none. Rejects with a
   * classified error if there is no such position or the log cannot be read from it.
   */
  keptPosition?(signal: AbortSignal): Promise<KeptPosition>
  /**
   * What an offset at `position` must contain for the reader to start from it: the server's identity, and the memory as far as it is known
   * now and from `known`, the content of an older offset of the source. Moves nothing. Only the reader can tell whether the log is readable
   * from there. Absent if there is no reader.
   */
  offsetAt?(position: Position, known: OffsetContent | null, signal: AbortSignal): Promise<OffsetContent>
  /** The tables whose changes are delivered, as far as they exist now. Absent if they are not known in advance. */
  tables?(signal: AbortSignal): Promise<readonly TableName[]>
}

export interface Reader extends AsyncDisposable {
  /**
   * Yields the log after `from`, in commit order and in whole transactions: begin, changes and pulses, commit. Progress comes only between
   * transactions. 'now' creates the position on the server if there is none, and first yields progress with it, which the caller stores at
   * once. As soon as the log is open it yields, `[]` if there is nothing yet: the caller then writes its first heartbeat, which may be the
   * first event in the log. Keeps the server's connection alive even if nobody pulls. Reads no further ahead of the consumer than its stated
   * buffer. Ends by throwing a classified error, or by returning when `signal` aborts. Call it once.
   */
  read(from: Offset | 'now', signal: AbortSignal): AsyncIterable<readonly LogEvent[]>
  /**
   * Tells the reader that everything up to `offset` is delivered and stored. The newest offset wins. It is sent at the reader's own
   * interval, or at once after an urgent progress. `onSent` is called once, when this offset or a later one has been sent to the server.
   */
  acknowledge(offset: Offset, onSent: () => void): void
}
