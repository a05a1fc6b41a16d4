import { OffbeatError } from '../../model/error.ts'
import type { ServerConnection } from '../connection-schema.ts'
import type { SourceConfig } from '../source-config.ts'

export type Host = ServerConnection['hosts'][number]

/** An open session on one of the hosts. */
export interface HostSession extends AsyncDisposable {
  /**
   * The server does not have the wanted role (e.g. it is a standby and the primary is wanted). It is used only if no other host has that
   * role.
   */
  readonly isFallback: boolean
}

/** What a database implements to try one host. */
export interface HostTrial<S extends HostSession> {
  open(at: Host): Promise<S>
  /** Classifies what `open` threw. */
  explain(thrown: unknown, at: Host): Promise<OffbeatError>
}

/**
 * Opens the first host, in order, that accepts the connection and has the wanted role; otherwise the first that accepted it. Rejects if
 * none did. With several hosts, the error is the first one that a person must fix, and it includes the failures of the others.
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

/** An error that a person must fix comes before a transient one. */
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

/** For a connection that must go to the same server as another one. */
export function onlyHost<C extends SourceConfig>(config: C, { host, port }: Host): C {
  return { ...config, connection: { ...config.connection, hosts: [{ host, port }] } }
}

/** The same hosts, with the one that is known to be right first. */
export function beginningWith(first: Host | null, hosts: readonly Host[]): readonly Host[] {
  const isFirst = ({ host, port }: Host) => host === first?.host && port === first.port
  return [...hosts.filter(isFirst), ...hosts.filter((at) => !isFirst(at))]
}
