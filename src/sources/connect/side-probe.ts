import type { LogState } from '../../model/log-state.ts'
import type { Offset } from '../../model/offset.ts'
import type { Position } from '../../model/position.ts'
import type { TableName } from '../../model/table.ts'
import type { InspectOptions, KeptPosition, OffsetContent, Probe, Silence } from '../source.ts'
import type { SourceConfig } from '../source-config.ts'
import type { SideSession, SideTarget } from './side-session.ts'

type Beaten = Awaited<ReturnType<NonNullable<Probe['beat']>>>

/** What a database's probe does with its side sessions. Each member implements the method of `Probe` with the same name. */
export interface ProbeParts<S extends SideTarget> {
  /** Read-only. */
  readonly inspection: SideSession<S>
  inspect(
    session: S,
    about: { readonly offset: () => Offset | null; readonly show: InspectOptions; readonly signal: AbortSignal },
  ): Promise<LogState>
  silence?: ((session: S, signal: AbortSignal) => Promise<Silence | null>) | undefined
  keptPosition?(session: S, signal: AbortSignal): Promise<KeptPosition>
  offsetAt?(
    session: S,
    about: { readonly position: Position; readonly known: OffsetContent | null; readonly signal: AbortSignal },
  ): Promise<OffsetContent>
  tables?(session: S, signal: AbortSignal): Promise<readonly TableName[]>
  /** The separate session that writes heartbeats; null: this connection writes none, so no code path writes. */
  readonly beats: {
    readonly session: SideSession<S>
    beat(session: S, nonce: string, signal: AbortSignal): Promise<Beaten>
  } | null
}

/** Whether this connection writes the heartbeats itself. */
export function writesBeats({ readOnly, heartbeat }: SourceConfig): boolean {
  const { mode } = heartbeat.source
  return !readOnly && (mode === 'table' || mode === 'message')
}

const LONGEST_BEAT_MS = 10_000

/** The timeout of one beat: it must end before the next one is due. */
export function beatTimeoutMs({ heartbeat }: SourceConfig): number {
  return Math.min(LONGEST_BEAT_MS, Math.max(1, Math.floor(heartbeat.source.intervalMs * 0.8)))
}

/** Opens the read-only session at once, so that a connection error is found immediately. */
export async function openSideProbe<S extends SideTarget>(parts: ProbeParts<S>, signal: AbortSignal): Promise<Probe> {
  const { inspection, beats, silence, keptPosition, offsetAt, tables } = parts
  try {
    await inspection.use(signal, async () => undefined)
  } catch (error) {
    await inspection[Symbol.asyncDispose]()
    throw error
  }
  return {
    inspect: (offset, until, show = {}) =>
      inspection.use(until, (session, within) => parts.inspect(session, { offset, show, signal: within })),
    ...(silence === undefined ? {} : { silence: (until) => inspection.use(until, silence) }),
    ...(keptPosition === undefined ? {} : { keptPosition: (until) => inspection.use(until, keptPosition) }),
    ...(offsetAt === undefined
      ? {}
      : {
          offsetAt: (position, known, until) =>
            inspection.use(until, (session, signal) => offsetAt(session, { position, known, signal })),
        }),
    ...(tables === undefined ? {} : { tables: (until) => inspection.use(until, tables) }),
    ...(beats === null
      ? {}
      : {
          beat: (nonce, until) => beats.session.use(until, (session, within) => beats.beat(session, nonce, within)),
        }),
    async [Symbol.asyncDispose]() {
      await Promise.all([inspection[Symbol.asyncDispose](), beats?.session[Symbol.asyncDispose]()])
    },
  }
}
