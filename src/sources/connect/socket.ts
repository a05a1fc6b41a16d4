import { Socket } from 'node:net'
import { connectionLost, noAnswer } from './connection-error.ts'
import type { ServerTarget } from './server-target.ts'

const KEEPALIVE_AFTER_MS = 30_000
const CLOSE_WITHIN_MS = 1000

/**
 * A read buffer of one byte. A paused socket then reads only one more block from the operating system and leaves the rest there, so during
 * a pause small reads really accumulate into a large one.
 */
export const BUFFERING = { highWaterMark: 1 }

/** The time limit of an operation with a server, and the signal that cancels it earlier. */
export interface Deadline {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Opens a TCP socket. If `upgrade` is given, returns its result within the same deadline (the TLS handshake of a protocol that begins
 * without TLS). Rejects with a classified error or with Node's own.
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

/** Runs `work` on the socket. Destroys the socket if the work fails, takes too long or is aborted. */
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

/** Resolves at `event`. Rejects if the socket fails or closes first. */
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

/** Resolves when the socket is closed. After a second it is closed by force. */
export async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(() => socket.destroy(), CLOSE_WITHIN_MS)
  socket.once('close', () => resolve())
  await promise
  clearTimeout(timer)
}
