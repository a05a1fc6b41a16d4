import { expect, test } from 'vitest'
import { TABLE_WORDS } from '../../model/data-words.ts'
import { OffbeatError } from '../../model/error.ts'
import { type HeartbeatRow, writeHeartbeat } from './heartbeat-row.ts'

/** A row in memory, whose writes give the answers in their order. */
function rowWith(answers: readonly (boolean | Error)[], refusal: HeartbeatRow['refusal'] = async () => null) {
  const left = [...answers]
  const writes: string[] = []
  const write = async (name: string) => {
    writes.push(name)
    const answer = left.shift() ?? false
    if (typeof answer !== 'boolean') throw answer
    return answer
  }
  const row: HeartbeatRow = {
    words: TABLE_WORDS,
    table: 'streamkap.streamkap_heartbeat',
    location: 'the database shop',
    writer: 'the user cdc',
    update: () => write('update'),
    insert: () => write('insert'),
    refusal,
  }
  const warnings: unknown[] = []
  const log = { warn: (about: object) => void warnings.push(about) }
  return { writes, warnings, beat: () => writeHeartbeat(row, { timeoutMs: 800, log }) }
}

const denied = () => new OffbeatError('DATABASE_PERMISSION', { message: 'no', found: 'error 1142', details: { n: 1 } })

test('the row is updated, and inserted only where there is none', async () => {
  const there = rowWith([true])
  await there.beat()
  expect(there).toMatchObject({ writes: ['update'], warnings: [] })
  const missing = rowWith([false, true])
  await missing.beat()
  expect(missing).toMatchObject({
    writes: ['update', 'insert'],
    warnings: [{ table: 'streamkap.streamkap_heartbeat' }],
  })
})

test('a row that another client has just inserted is updated', async () => {
  const { beat, writes, warnings } = rowWith([false, false, true])
  await beat()
  expect({ writes, warnings }).toEqual({ writes: ['update', 'insert', 'update'], warnings: [] })
})

test('writes that change nothing are suppressed, whether the database knows by what or not', async () => {
  const suppressed = { code: 'HEARTBEAT_SUPPRESSED', message: expect.stringContaining('changes no row') }
  await expect(rowWith([]).beat()).rejects.toMatchObject(suppressed)
  const known = rowWith([], async () => ({ code: 'HEARTBEAT_SUPPRESSED', found: 'the trigger audit', fix: [] }))
  await expect(known.beat()).rejects.toMatchObject({ ...suppressed, found: 'the trigger audit' })
})

test('a refusal has the table, the writer and what the server reported', async () => {
  const { beat } = rowWith([denied()], async () => ({ code: 'HEARTBEAT_DENIED', fix: [] }))
  await expect(beat()).rejects.toMatchObject({
    code: 'HEARTBEAT_DENIED',
    message: 'the user cdc cannot write to the heartbeat table streamkap.streamkap_heartbeat',
    found: 'error 1142',
    details: { n: 1, table: 'streamkap.streamkap_heartbeat' },
  })
})

test('what the database does not classify stays as it is', async () => {
  const error = denied()
  await expect(rowWith([error]).beat()).rejects.toBe(error)
  const defect = new TypeError('ours')
  await expect(rowWith([defect]).beat()).rejects.toBe(defect)
})
