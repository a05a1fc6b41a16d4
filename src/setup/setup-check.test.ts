import { expect, test } from 'vitest'
import { OffbeatError } from '../model/error.ts'
import { inDatabase } from '../model/fix.ts'
import type { AdminSession } from '../sources/admin-session.ts'
import type { SetupStep } from '../sources/setup.ts'
import { checkSetup } from './setup-check.ts'

const { signal } = new AbortController()
const fixes = [inDatabase('ALTER t', 'its owner')]
const step: SetupStep = { id: 'keys', why: 'Rows are known by them.', by: 'operator', fix: [] }
const plan = { form: 'a form', steps: [step], notes: [], outside: [] }

function admin(more: Partial<AdminSession>): AdminSession {
  return {
    target: { is: 'same' },
    state: async () => 'missing',
    evidence: async () => ['t has none'],
    remedies: async () => ({ fixes, areComplete: true }),
    apply: async () => undefined,
    run: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
    ...more,
  }
}

const refused = () => Promise.reject(new OffbeatError('DATABASE_LOGIN_REFUSED', { message: 'not allowed' }))

test('what prevents a step is shown where its remedies cannot be asked for, and the other way round', async () => {
  const none = { fixes: [], areComplete: false }
  expect(await checkSetup(plan, admin({ remedies: refused }), signal)).toEqual([
    { step, state: 'missing', found: ['t has none'], remedies: none },
  ])
  expect(await checkSetup(plan, admin({ evidence: refused }), signal)).toEqual([
    { step, state: 'missing', found: [], remedies: { fixes, areComplete: true } },
  ])
})

test('neither is asked for of a step that is done', async () => {
  const never = () => Promise.reject(new Error('asked'))
  const [checked] = await checkSetup(
    plan,
    admin({ state: async () => 'there', evidence: never, remedies: never }),
    signal,
  )
  expect(checked?.state).toBe('there')
})
