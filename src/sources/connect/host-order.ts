import { OffbeatError } from '../../model/error.ts'
import type { ServerConnection } from '../connection-schema.ts'
import type { SourceConfig } from '../source-config.ts'

export type Host = ServerConnection['hosts'][number]

/** An open session on one of the hosts. */
export interface HostSession extends AsyncDisposable {
  /** The server does not have the role that is wanted (a standby where the primary is): it is used only when no other host has it. */
  readonly isFallback: boolean
}

/** What a database does with one host. */
export interface HostTrial<S extends HostSession> {
  open(at: Host): Promise<S>
  /** What `open` threw, classified. */
  explain(thrown: unknown, at: Host): Promise<OffbeatError>
}

/**
 * The first of the hosts, in their order, that accepts the connection and has the role that is wanted; else the first that accepted it.
 * Rejects when none did: with several hosts by the error of the first that a person must act on, which also has what the others failed with.
 */
export async function openFirst<S extends HostSession>(
  hosts: readonly Host[],
  signal: AbortSignal,
  trial: HostTrial<S>,
): Promise<S> {
  const failures: OffbeatError[] = []
  await using kept = new AsyncDisposableStack()
  let fallback: S | null = null
  for (const at of hosts) {
    try {
      const session = await trial.open(at)
      if (!session.isFallback) return session
      if (fallback === null) fallback = kept.use(session)
      else await session[Symbol.asyncDispose]()
    } catch (error) {
      signal.throwIfAborted()
      failures.push(await trial.explain(error, at))
    }
  }
  if (fallback === null) throw worst(failures)
  kept.move()
  return fallback
}

/** One that a person must fix before one that may pass by itself. */
function worst(failures: readonly OffbeatError[]): OffbeatError {
  const error = failures.find((failure) => !failure.retry) ?? failures[0]
  if (error === undefined) return new OffbeatError('DEFECT', { message: 'a source without a host' })
  if (failures.length === 1) return error
  const all = failures.map((failure) => `${failure.message} (${failure.found ?? failure.code})`)
  return new OffbeatError(error.code, {
    message: 'none of the hosts accepted the connection',
    found: all.join('; '),
    ...(error.expected === null ? {} : { expected: error.expected }),
    fix: error.fix,
    details: error.details,
  })
}

/** For what must go to the very server that something else is connected to. */
export function onlyHost<C extends SourceConfig>(config: C, { host, port }: Host): C {
  return { ...config, connection: { ...config.connection, hosts: [{ host, port }] } }
}

/** The same hosts, with the one that is known to be right tried first. */
export function beginningWith(first: Host | null, hosts: readonly Host[]): readonly Host[] {
  const isFirst = ({ host, port }: Host) => host === first?.host && port === first.port
  return [...hosts.filter(isFirst), ...hosts.filter((at) => !isFirst(at))]
}
