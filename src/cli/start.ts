import type { ExitCode } from './command.ts'
import { commandList } from './command-list.ts'
import { packageVersion } from './package-version.ts'
import { processContext } from './process-context.ts'
import { runProgram } from './program.ts'
import { stopSignal } from './stop-signal.ts'

/** Runs the command line of the process and resolves with its exit code. */
export async function start(target: NodeJS.Process): Promise<ExitCode> {
  const stop = stopSignal(target)
  try {
    return await runProgram(commandList, target.argv.slice(2), processContext(target, stop.signal), packageVersion())
  } finally {
    stop.release()
  }
}
