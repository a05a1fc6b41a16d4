import { once } from 'node:events'
import type { WriteStream } from 'node:tty'
import type { Output, ProcessContext } from './command.ts'
import { systemClock } from './system-clock.ts'

/** The real process as commands see it. */
export function processContext(target: NodeJS.Process, signal: AbortSignal): ProcessContext {
  return {
    environment: target.env,
    workingDirectory: target.cwd(),
    stdout: outputTo(target.stdout),
    stderr: outputTo(target.stderr),
    clock: systemClock,
    random: Math.random,
    signal,
    ask: target.stdin.isTTY && target.stderr.isTTY ? (question) => askOnTerminal(target, question) : null,
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
    stream,
    write: (text) => {
      stream.write(text)
    },
    drained: async () => {
      if (stream.writableNeedDrain) await once(stream, 'drain')
    },
  }
}

/** On standard error, since standard output is the result's. Ctrl-C and Ctrl-D are no answer: an empty one. */
async function askOnTerminal(target: NodeJS.Process, question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const terminal = createInterface({ input: target.stdin, output: target.stderr })
  const closed = Promise.withResolvers<string>()
  terminal.once('close', () => closed.resolve(''))
  try {
    return await Promise.race([terminal.question(question), closed.promise])
  } finally {
    terminal.close()
  }
}
