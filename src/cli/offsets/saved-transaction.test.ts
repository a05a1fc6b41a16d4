import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { offsetAt } from '../../../test/conformance/sample-batch.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { OffbeatError } from '../../model/error.ts'
import type { RawMessage } from '../../sources/raw-log.ts'
import { SavedTransaction } from './saved-transaction.ts'

const { position, server } = offsetAt('0/10')

function message(bytes: Buffer, about: Partial<RawMessage> = {}): RawMessage {
  return { bytes, transaction: '745', begins: false, change: null, end: null, ...about }
}

function opened(path: string): SavedTransaction {
  const saved = new SavedTransaction(path, '745')
  saved.open({ source: 'shop', kind: 'postgresql', server, after: position })
  return saved
}

test('a message is saved whole, however many pieces it is written in', () => {
  using folder = temporaryFolder()
  const path = folder.file('raw.jsonl')
  using saved = opened(path)
  const bytes = Buffer.from(Array.from({ length: 2_000_001 }, (_, i) => (i * 7 + (i >> 8)) & 255))
  saved.take(message(bytes, { begins: true, change: { table: 'public.files', op: 'c' } }))
  saved.take(message(Buffer.from('C'), { end: { position } }))
  const details = { table: 'public.files', column: 'body', valueBytes: 2_000_000, transaction: '745' }
  expect(saved.finish(new OffbeatError('MESSAGE_TOO_LARGE', { message: 'too large', details }))).toEqual({ position })
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  expect(Buffer.from(JSON.parse(lines[1] ?? '').message, 'base64').equals(bytes)).toBe(true)
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
    end: '0/10',
    error: 'MESSAGE_TOO_LARGE',
    whole: true,
    table: 'public.files',
    column: 'body',
    valueBytes: 2_000_000,
  })
  expect(saved.cost()).toContain('public.files c 1. Its raw bytes (2 messages')
})

test('what the server did not send is said; without `keep` no file is left', () => {
  using folder = temporaryFolder()
  const path = folder.file('raw.jsonl')
  {
    using saved = opened(path)
    saved.take(message(Buffer.from('first'), { begins: true }))
    saved.take(message(Buffer.from('B'), { begins: true }))
    saved.take(message(Buffer.from('I'), { change: { table: 'public.files', op: 'c' } }))
    saved.take(message(Buffer.alloc(0), { end: { position } }))
    saved.finish(new OffbeatError('POSTGRES_ROW_TOO_LARGE', { message: 'too large', details: { neededBytes: 7 } }))
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(lines.slice(1, -1).map((line) => JSON.parse(line).message)).toEqual(['Qg==', 'SQ=='])
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ whole: false, table: null, neededBytes: 7 })
    expect(saved.cost()).toContain(
      'public.files c 1, and all from the row on that the server cannot send. The raw bytes',
    )
  }
  expect(existsSync(path)).toBe(false)
})
