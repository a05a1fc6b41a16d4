import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createPrivateFile, PRIVATE_FILE_MODE } from '../../files/private-file.ts'
import { OffbeatError } from '../../model/error.ts'
import { bytesInWords } from '../../model/figures.ts'
import { type Fix, inShell } from '../../model/fix.ts'
import type { StoredOffset } from '../../model/offset.ts'
import type { RawEnd, RawMessage } from '../../sources/raw-log.ts'
import { usageError } from '../program/usage-error.ts'

/** How much of a message is encoded at once, a multiple of 3 so that base64 needs no padding. A JavaScript string is limited to 512 MiB. */
const PIECE_BYTES = 3 * 256 * 1024
/** The sizes in an error's details that are copied to the last line. */
const SIZES = ['column', 'row', 'valueBytes', 'messageBytes', 'limitBytes', 'neededBytes']

/**
 * The messages of one transaction as they came, in base64, one a line, after a header that describes them. The last line says why they were
 * skipped, and whether the server could send all of them. The file contains rows, so only its owner can read it. Disposing removes it
 * unless it was kept.
 */
export class SavedTransaction implements Disposable {
  readonly #file: string
  readonly #transaction: string
  readonly #changes = new Map<string, number>()
  #descriptor: number | null = null
  #made = false
  #kept = false
  #messages = 0
  #bytes = 0
  #isWhole = true
  #end: RawEnd | null = null
  #head: object = {}

  constructor(file: string, transaction: string) {
    this.#file = file
    this.#transaction = transaction
  }

  open(head: { source: string; kind: string; server: StoredOffset['server']; after: string }): void {
    try {
      this.#descriptor = createPrivateFile(this.#file)
    } catch (thrown) {
      const found = systemCode(thrown)
      const fix = found === 'EEXIST' ? `mv ${this.#file} ${this.#file}.old` : `ls -ld ${dirname(this.#file)}`
      throw this.#unsaved(found, 'a new file in a folder that can be written', inShell(fix))
    }
    this.#made = true
    this.#head = { version: 1, transaction: this.#transaction, ...head }
    this.#line(this.#head)
  }

  take({ bytes, transaction, begins, change, end }: RawMessage): void {
    if (transaction !== this.#transaction || this.#end !== null) return
    if (begins && this.#messages > 0) this.#restart()
    this.#end = end
    if (bytes.length === 0) {
      this.#isWhole = false
      return
    }
    this.#message(bytes)
    this.#messages++
    this.#bytes += bytes.length
    if (change === null) return
    const name = `${change.table} ${change.op}`
    this.#changes.set(name, (this.#changes.get(name) ?? 0) + (change.rows ?? 1))
  }

  /** Returns where the transaction ends. `error`: why it is skipped. */
  finish({ code, details }: OffbeatError): RawEnd {
    if (this.#end === null) throw new OffbeatError('DEFECT', { message: 'a transaction without an end was saved' })
    const sizes = Object.fromEntries(SIZES.flatMap((name) => (name in details ? [[name, details[name]]] : [])))
    const table = details['table'] ?? null
    this.#line({ end: this.#end.position, error: code, whole: this.#isWhole, table, ...sizes })
    this.#close()
    return this.#end
  }

  cost(): string {
    const changes = [...this.#changes].map(([name, count]) => `${name} ${count}`)
    const lost = changes.length === 0 ? 'no change that can be named' : changes.join(', ')
    const unsent = this.#isWhole ? '' : ', and all from the row on that the server cannot send'
    const what = this.#isWhole ? 'Its raw bytes' : 'The raw bytes that the server can send'
    return `Its changes are NEVER delivered: ${lost}${unsent}. ${what} (${this.#messages} messages, ${bytesInWords(this.#bytes)}) are saved in ${this.#file}, which holds values of rows.`
  }

  summary(): string {
    const what = this.#isWhole ? 'The raw bytes' : 'The raw bytes that the server could send'
    return `${what} of transaction ${this.#transaction} are in ${this.#file}.\n`
  }

  keep(): void {
    this.#kept = true
  }

  [Symbol.dispose](): void {
    this.#close()
    if (this.#made && !this.#kept) rmSync(this.#file, { force: true })
  }

  #restart(): void {
    this.#close()
    this.#descriptor = openSync(this.#file, 'w', PRIVATE_FILE_MODE)
    this.#changes.clear()
    this.#messages = this.#bytes = 0
    this.#line(this.#head)
  }

  #message(bytes: Buffer): void {
    this.#write('{"message":"')
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      this.#write(bytes.toString('base64', at, Math.min(at + PIECE_BYTES, bytes.length)))
    }
    this.#write('"}\n')
  }

  #line(document: object): void {
    this.#write(`${JSON.stringify(document)}\n`)
  }

  #write(text: string): void {
    if (this.#descriptor === null) return
    try {
      writeFileSync(this.#descriptor, text)
    } catch (thrown) {
      const expected = 'room on the disk for the transaction, which is a third larger in base64'
      throw this.#unsaved(
        systemCode(thrown),
        expected,
        inShell(`df -h ${dirname(this.#file)}`, { note: 'or name another file with --save' }),
      )
    }
  }

  #unsaved(found: string, expected: string, fix: Fix): OffbeatError {
    return usageError(`The raw bytes cannot be saved in ${this.#file}.`, { found, expected, fix: [fix] })
  }

  #close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
  }
}

function systemCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown reason'
}
