import { Writable } from 'node:stream'
import type { Output, ProcessContext } from '../../src/cli/program/command.ts'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import { SOURCES } from '../../src/sources/registry.ts'

export interface RecordedOutput extends Output {
  /** Everything that was written. */
  readonly text: string
}

export interface RecordingContext extends ProcessContext {
  readonly stdout: RecordedOutput
  readonly stderr: RecordedOutput
}

/** A process context for commands that run in tests. It uses nothing of the real process except the clock. */
export function recordingContext(
  about: Partial<ProcessContext> & { readonly terminal?: boolean; readonly columns?: number } = {},
): RecordingContext {
  const { terminal = false, columns = 80, ...rest } = about
  return {
    environment: {},
    workingDirectory: '/',
    clock: systemClock,
    timeZone: 'UTC',
    random: () => 0.5,
    sources: SOURCES,
    signal: new AbortController().signal,
    ask: null,
    ...rest,
    stdout: recordedOutput(terminal, columns),
    stderr: recordedOutput(terminal, columns),
  }
}

function recordedOutput(isTerminal: boolean, columns: number): RecordedOutput {
  let text = ''
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString('utf8')
      done()
    },
  })
  return {
    stream,
    isTerminal,
    columns,
    rows: 24,
    onResize: () => () => undefined,
    get text() {
      return text
    },
    write: (more) => {
      text += more
    },
    drained: async () => undefined,
  }
}
