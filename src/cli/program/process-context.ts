import { once } from 'node:events'
import { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'
import { SOURCES } from '../../sources/registry.ts'
import { systemTimeZone } from '../terminal/local-time.ts'
import { callerFolder } from './caller-folder.ts'
import type { Output, ProcessContext } from './command.ts'
import { systemClock } from './system-clock.ts'

/** The real process as commands see it. */
export function processContext(target: NodeJS.Process, signal: AbortSignal): ProcessContext {
  return {
    environment: target.env,
    workingDirectory: callerFolder(target.env, target.cwd()),
    stdout: outputTo(target.stdout),
    stderr: outputTo(target.stderr),
    clock: systemClock,
    // Looked up on first use, because that takes some milliseconds.
    get timeZone() {
      return systemTimeZone()
    },
    random: Math.random,
    sources: SOURCES,
    signal,
    ask:
      target.stdin.isTTY && target.stderr.isTTY
        ? (question, hidden) => askOnTerminal(target, signal, question, hidden)
        : null,
  }
}

function outputTo(stream: WriteStream): Output {
  return {
    get isTerminal() {
      return stream.isTTY === true
    },
    get columns() {
      return stream.columns || 80
    },
    get rows() {
      return stream.rows || 24
    },
    onResize: (listener) => {
      stream.on('resize', listener)
      return () => stream.off('resize', listener)
    },
    stream,
    write: (text) => {
      stream.write(text)
    },
    drained: async () => {
      if (stream.writableNeedDrain) await once(stream, 'drain')
    },
  }
}

/**
 * Asks on standard error, because standard output is reserved for the result. The questions are plain lines: a prompt library redraws them
 * with cursor movements, which break on a terminal of unknown width, and treats Ctrl-D as an ordinary key.
 */
async function askOnTerminal(
  target: NodeJS.Process,
  signal: AbortSignal,
  question: string,
  hidden?: 'hidden',
): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const output = hidden === undefined ? target.stderr : silent()
  const terminal = createInterface({ input: target.stdin, output, terminal: true })
  const closed = Promise.withResolvers<string>()
  let answered = false
  terminal.once('close', () => {
    // In the terminal's raw mode Ctrl-C raises no signal. Here it ends the question, and so does Ctrl-D.
    if (!answered) {
      if (hidden === undefined) target.stderr.write('\n')
      if (!signal.aborted) target.emit('SIGINT', 'SIGINT')
    }
    closed.resolve('')
  })
  const onStop = (): void => terminal.close()
  signal.addEventListener('abort', onStop, { once: true })
  if (hidden !== undefined) target.stderr.write(question)
  try {
    const answer = await Promise.race([terminal.question(hidden === undefined ? question : ''), closed.promise])
    answered = true
    return answer
  } finally {
    signal.removeEventListener('abort', onStop)
    if (hidden !== undefined) target.stderr.write('\n')
    terminal.close()
  }
}

/** Discards what the line editor would echo. */
function silent(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
