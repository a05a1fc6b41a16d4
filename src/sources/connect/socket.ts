import { Socket } from 'node:net'
import { connectionLost, noAnswer } from './connection-error.ts'
import type { ServerTarget } from './server-target.ts'

const KEEPALIVE_AFTER_MS = 30_000
const CLOSE_WITHIN_MS = 1000

/**
 * A reading buffer of one byte: a paused socket then takes one more block from the system and leaves the rest there, so that a pause
 * really lets the system collect small reads into a large one.
 */
export const BUFFERING = { highWaterMark: 1 }

/** How long something with a server is allowed to take, and what ends it before. */
export interface Deadline {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * A connected TCP socket, or what `upgrade` makes of it within the same deadline (the TLS handshake of a protocol that begins without TLS).
 * Rejects with a classified error or Node's own.
 */
export async function openSocket(
  target: ServerTarget,
  deadline: Deadline,
  upgrade: ((raw: Socket) => Promise<Socket>) | null,
): Promise<Socket> {
  deadline.signal.throwIfAborted()
  const socket = new Socket({ allowHalfOpen: false, ...BUFFERING })
  return await withDeadline(socket, target, deadline, async () => {
    const connect = reached(socket, 'connect', target)
    socket.connect(target.port, target.host)
    await connect
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEPALIVE_AFTER_MS)
    return upgrade === null ? socket : await upgrade(socket)
  })
}

/** Runs `work` on the socket, and destroys it when the work fails, takes too long or is aborted. */
export async function withDeadline<T>(
  socket: Socket,
  target: ServerTarget,
  { timeoutMs, signal }: Deadline,
  work: () => Promise<T>,
): Promise<T> {
  const late = () => socket.destroy(noAnswer(target, timeoutMs))
  const abort = () => socket.destroy(connectionLost(target, 'stopped by Offbeat'))
  const timer = setTimeout(late, timeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await work()
  } catch (error) {
    socket.destroy()
    throw socket.errored ?? error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** Resolves at `event`; rejects when the socket fails or closes before. */
export function reached(
  socket: Socket,
  event: 'connect' | 'readable' | 'secureConnect',
  target: ServerTarget,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const ended = () => reject(connectionLost(target, 'the server closed the connection before it sent anything'))
  socket.once(event, resolve).once('error', reject).once('close', ended)
  return promise.finally(() => socket.off(event, resolve).off('error', reject).off('close', ended))
}

/** Resolves when the socket is closed, by force after a second. */
export async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(() => socket.destroy(), CLOSE_WITHIN_MS)
  socket.once('close', () => resolve())
  await promise
  clearTimeout(timer)
}
