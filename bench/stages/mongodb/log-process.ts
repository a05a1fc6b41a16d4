import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { LogPlace } from './workload.ts'

const SERVER = fileURLToPath(new URL('./log-server.ts', import.meta.url))

/** The process of `log-server.ts`. */
export interface LogProcess extends AsyncDisposable {
  readonly url: string
  /** Makes it serve a prepared log of so many inserts. Returns where the log begins. */
  prepare(rows: number): Promise<LogPlace>
}

export async function startLogProcess(): Promise<LogProcess> {
  const child = spawn(process.execPath, [SERVER], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the server of the prepared log has ended')
    return value
  }
  return {
    url: await nextLine(),
    async prepare(rows) {
      child.stdin.write(`${rows}\n`)
      return JSON.parse(await nextLine())
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await exited
    },
  }
}
