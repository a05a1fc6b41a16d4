import { Binary } from 'mongodb'
import type { FakeMongodb } from './fake-mongodb.ts'

/** The answer that agrees to a login with PLAIN, which takes one command. */
export const PLAIN_LOGIN = { ok: 1, conversationId: 1, done: true, payload: new Binary() }

/** A login with PLAIN. */
export function loginUrl(fake: FakeMongodb, user: string): string {
  const url = new URL(fake.url())
  url.username = user
  url.password = 'secret'
  url.searchParams.set('authMechanism', 'PLAIN')
  return String(url)
}
