import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { environment } from './environment.ts'
import type { TemporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
/** A test that needs a terminal is skipped if this program is missing. */
export const SCRIPT = '/usr/bin/script'

/** Runs `offbeat` on a pseudo-terminal with `script` of util-linux. Disposing closes the terminal, which ends what is still running. */
export function onTerminal(folder: TemporaryFolder, args: string, first = '') {
  // The shell prints its process id before it becomes offbeat by `exec`.
  const command = `${first}echo "pid=$$"; exec '${process.execPath}' '${MAIN}' ${args}`
  const child = spawn(SCRIPT, ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: folder.path,
    env: { ...environment, SHELL: '/bin/sh' },
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const ended = once(child, 'close')
  return {
    output: () => output,
    shows: (text: string) => waitFor({ until: `it shows ${text}` }, () => output.includes(text)),
    type: (key: string) => child.stdin.end(key),
    kill: (signal: NodeJS.Signals) => process.kill(Number(/pid=(\d+)/u.exec(output)?.[1]), signal),
    end: async () => ({ code: (await ended)[0] as unknown, output }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
