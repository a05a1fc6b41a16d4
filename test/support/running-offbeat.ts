import { commandList } from '../../src/cli/program/command-list.ts'
import { packageVersion } from '../../src/cli/program/package-version.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { environment } from './environment.ts'
import type { OffbeatResult } from './offbeat.ts'
import { recordingContext } from './recording-context.ts'
import { outputMatching } from './written-output.ts'

/** A long-running command, such as `run`, in this process. Disposing stops it and waits for its end. */
export interface RunningOffbeat extends AsyncDisposable {
  /** The output so far. */
  stdout(): string
  stderr(): string
  /** Stops it as SIGINT does. */
  stop(): void
  readonly ended: Promise<OffbeatResult>
  /** Waits until its standard output or standard error matches. Fails with the output if it ends first. */
  output(pattern: RegExp): Promise<RegExpExecArray>
}

/** If a test needs a real process, for example its pid or its death, use `startOffbeat`. */
export function runningOffbeat(args: readonly string[], { cwd }: { readonly cwd: string }): RunningOffbeat {
  const stop = new AbortController()
  const context = recordingContext({
    environment,
    workingDirectory: cwd,
    random: Math.random,
    signal: stop.signal,
  })
  let over = false
  const ended = runProgram(commandList, args, context, packageVersion()).then((code) => {
    over = true
    return { code, stdout: context.stdout.text, stderr: context.stderr.text }
  })
  const written = {
    name: `offbeat ${args.join(' ')}`,
    stdout: () => context.stdout.text,
    stderr: () => context.stderr.text,
    hasEnded: () => over,
  }
  return {
    ...written,
    ended,
    stop: () => stop.abort(),
    output: (pattern) => outputMatching(written, pattern),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended
    },
  }
}
