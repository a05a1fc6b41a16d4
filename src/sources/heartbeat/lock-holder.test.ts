import { expect, test } from 'vitest'
import { scriptOf } from '../../../test/support/fix-script.ts'
import { inDatabase } from '../../model/fix.ts'
import { holdersInWords, type LockHolder, type LockWords, lockFix } from './lock-holder.ts'

const here = (text: string) => inDatabase(text, 'a superuser')

const WORDS: LockWords = {
  session: 'connection',
  hidden: 'PROCESS shows more',
  endSession: (id) => here(`KILL ${id}`),
  rollBack: (id) => here(`XA ROLLBACK ${id}`),
  commit: (id) => here(`XA COMMIT ${id}`),
}
const SEEN: LockHolder = { kind: 'session', id: '7', user: 'u', application: 'a', state: 'Sleep', agoMs: 180_000 }
const HIDDEN: LockHolder = { kind: 'session', id: '8', user: 'v', application: '', state: null, agoMs: null }
const PREPARED: LockHolder = { kind: 'prepared', id: "'x'", user: 'w', agoMs: 7_200_000 }

test('each that locks is named, with what is seen of it', () => {
  expect(holdersInWords([], WORDS)).toBeNull()
  expect(holdersInWords([SEEN, PREPARED], WORDS)).toBe(
    "locked by connection 7 (user u, application a, in a transaction: Sleep, for 3m); the prepared transaction 'x' of w, for 2h",
  )
  expect(holdersInWords([HIDDEN], WORDS)).toBe('locked by connection 8 (user v) (PROCESS shows more)')
})

test('a session is ended in its client or here, and a prepared transaction is rolled back or committed', () => {
  const ofSessions = scriptOf(lockFix([SEEN, HIDDEN, PREPARED], WORDS))
  expect(ofSessions).toContain('the transaction of connection 7, 8 in its client')
  expect(ofSessions).toMatch(/KILL 7;[\s\S]*KILL 8;[\s\S]*XA ROLLBACK 'x';/)
  expect(ofSessions).not.toContain('XA COMMIT')
  expect(scriptOf(lockFix([PREPARED], WORDS))).toMatch(/XA ROLLBACK 'x';[\s\S]*XA COMMIT 'x';/)
})
