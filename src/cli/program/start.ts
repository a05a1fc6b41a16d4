import { asOffbeatError } from '../../model/error.ts'
import type { ExitCode } from './command.ts'
import { commandList } from './command-list.ts'
import { exitCodeOf } from './exit-code.ts'
import { packageVersion } from './package-version.ts'
import { processContext } from './process-context.ts'
import { errorReporter, runProgram } from './program.ts'
import { stopSignal } from './stop-signal.ts'

/** Runs the command line of the process and resolves with its exit code. */
export async function start(target: NodeJS.Process): Promise<ExitCode> {
  const stop = stopSignal(target)
  const argv = target.argv.slice(2)
  const context = processContext(target, stop.signal)
  const report = errorReporter(argv, context, packageVersion())
  // Node itself would print the error with all its properties. What is not stored is read again at the next start.
  target.on('uncaughtException', (thrown) => {
    const error = asOffbeatError(thrown)
    report(error)
    target.exit(exitCodeOf(error))
  })
  try {
    return await runProgram(commandList, argv, context, packageVersion())
  } finally {
    stop.release()
  }
}
