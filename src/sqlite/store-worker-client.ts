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

/** The main thread's side of the store's worker. It does not keep the process alive while no request is pending. */
export class StoreWorkerClient implements AsyncDisposable {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #exited: Promise<void>
  #lastId = 0
  /** Why no request is possible any more. */
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

  /** Rejects with the reason when the store cannot be opened. Then no worker is left running. */
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

  /** Resolves when the request is done. Requests are done in call order. */
  async request(request: WorkerRequest, transfer: readonly ArrayBuffer[] = []): Promise<Claimed | null> {
    if (this.#closing !== null) throw closed()
    return this.#ask(request, transfer)
  }

  /** Closes the file after all earlier requests. It can be called twice. */
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

  /** The worker has ended. An earlier failure takes precedence over `error`. */
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

/** Resolves to the files of the open store that other users could read, or to the error that prevented opening it. */
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

/** The worker's file has the same extension as this one: .ts from source, .js when compiled. */
function workerUrl(): URL {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./store-worker.${ending}`, import.meta.url)
}

function closed(): OffbeatError {
  return new OffbeatError('STORE_CLOSED', { message: 'The store has been closed.' })
}
