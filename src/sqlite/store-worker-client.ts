import { Worker } from 'node:worker_threads'
import type { ExposedFile } from '../files/private-file.ts'
import { asOffbeatError, OffbeatError } from '../model/error.ts'
import type { Logger } from '../model/logger.ts'
import { errorFrom } from './error-data.ts'
import type { Claimed, WorkerAnswer, WorkerRequest, WorkerSettings } from './worker-message.ts'

interface Waiting {
  readonly resolve: (claimed: Claimed | null) => void
  readonly reject: (error: OffbeatError) => void
}

/** The main thread's end of the store's worker. While nothing is asked of it, it does not keep the process alive. */
export class StoreWorkerClient implements AsyncDisposable {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #exited: Promise<void>
  #lastId = 0
  /** Why nothing can be asked any more. */
  #ended: OffbeatError | null = null
  #closing: Promise<void> | null = null

  private constructor(worker: Worker, log: Logger) {
    this.#worker = worker
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()))
    worker.on('message', (answer: WorkerAnswer) => this.#take(answer, log))
    worker.on('error', (error) => this.#end(asOffbeatError(error)))
    worker.on('exit', () => this.#end(closed()))
    worker.unref()
  }

  /** Rejects with the reason when the store cannot be opened; then no worker is left. */
  static async open(settings: WorkerSettings, log: Logger): Promise<StoreWorkerClient> {
    const worker = new Worker(workerUrl(), { workerData: settings, execArgv: [] })
    const answer = await firstAnswer(worker)
    if (answer instanceof OffbeatError) {
      await worker.terminate()
      throw answer
    }
    for (const file of answer) warnOf(file, log)
    return new StoreWorkerClient(worker, log)
  }

  /** Resolves when it has been done; requests are done in the order of the calls. */
  async request(request: WorkerRequest, transfer: readonly ArrayBuffer[] = []): Promise<Claimed | null> {
    if (this.#closing !== null) throw closed()
    return this.#ask(request, transfer)
  }

  /** Closes the file after what has been asked before; a second time is harmless. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    try {
      if (this.#ended === null) await this.#ask({ op: 'close' }, [])
      await this.#exited
    } finally {
      await this.#worker.terminate()
    }
  }

  #ask(request: WorkerRequest, transfer: readonly ArrayBuffer[]): Promise<Claimed | null> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.ref()
      this.#worker.postMessage({ id, request }, transfer)
    })
  }

  #take(answer: WorkerAnswer, log: Logger): void {
    if (answer.type === 'notice') log.warn(answer.fields, answer.message)
    if (answer.type !== 'done' && answer.type !== 'failed') return
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (this.#waiting.size === 0 && this.#closing === null) this.#worker.unref()
    if (answer.type === 'done') waiting?.resolve(answer.claimed)
    else waiting?.reject(errorFrom(answer.error))
  }

  /** The worker is gone; when it failed, that reason comes first. */
  #end(error: OffbeatError): void {
    this.#ended ??= error
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended)
    this.#waiting.clear()
  }
}

function warnOf({ path, mode, narrowed }: ExposedFile, log: Logger): void {
  const outcome = narrowed ? 'it now has mode 0600' : 'its mode cannot be changed'
  log.warn({ path, mode }, `the store's file ${path} could be read by other users (mode ${mode}): ${outcome}`)
}

/** The files of the open store that other users could read, else why it is not open. */
function firstAnswer(worker: Worker): Promise<readonly ExposedFile[] | OffbeatError> {
  return new Promise((resolve) => {
    worker.once('error', (error) => resolve(asOffbeatError(error)))
    worker.once('message', (answer: WorkerAnswer) => {
      worker.removeAllListeners('error')
      if (answer.type === 'refused') resolve(errorFrom(answer.error))
      else resolve(answer.type === 'opened' ? answer.exposed : [])
    })
  })
}

/** The worker's file has the ending that this one has: .ts from source, .js compiled. */
function workerUrl(): URL {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./store-worker.${ending}`, import.meta.url)
}

function closed(): OffbeatError {
  return new OffbeatError('STORE_CLOSED', { message: 'The store has been closed.' })
}
