/** The worker's entry: opens the store named in `workerData`, then handles requests in order until `close`. */
import { parentPort, workerData } from 'node:worker_threads'
import { errorData } from './error-data.ts'
import { StoreWriter } from './store-writer.ts'
import type { WorkerAnswer, WorkerRequest, WorkerSettings } from './worker-message.ts'

const port = parentPort
if (port === null) throw new Error('to be started as a worker')
serve(workerData, (answer) => port.postMessage(answer))

function serve(settings: WorkerSettings, answer: (answer: WorkerAnswer) => void): void {
  const writer = open(settings, answer)
  if (writer === null) return
  let working = false
  const work = (): void => {
    working = workOnce(writer, settings.path, answer)
    if (working) setImmediate(work)
  }
  port?.on('message', ({ id, request }: { id: number; request: WorkerRequest }) => {
    answer(reply(writer, settings.path, id, request))
    if (request.op === 'close') port.close()
    else if (!working) {
      working = true
      setImmediate(work)
    }
  })
  answer({ type: 'opened', exposed: writer.exposed })
}

function open(settings: WorkerSettings, answer: (answer: WorkerAnswer) => void): StoreWriter | null {
  try {
    return new StoreWriter(settings)
  } catch (error) {
    answer({ type: 'refused', error: errorData(error, settings.path) })
    return null
  }
}

function reply(writer: StoreWriter, path: string, id: number, request: WorkerRequest): WorkerAnswer {
  try {
    return { type: 'done', id, claimed: writer.handle(request) }
  } catch (error) {
    return { type: 'failed', id, error: errorData(error, path) }
  }
}

/** Nothing waits for background work, so its failures are reported, and it is tried again when it is next due. */
function workOnce(writer: StoreWriter, path: string, answer: (answer: WorkerAnswer) => void): boolean {
  try {
    return writer.workInBackground((message, logBytes) => answer({ type: 'notice', message, fields: { logBytes } }))
  } catch (error) {
    const { code, message, found } = errorData(error, path)
    answer({ type: 'notice', message: `cleaning up the store failed: ${message}`, fields: { code, found } })
    return false
  }
}
