import type { FakeMongodb } from './fake-mongodb.ts'

/** This way to log in takes one command, which the fake only has to agree to. */
export function loginUrl(fake: FakeMongodb, user: string): string {
  const url = new URL(fake.url())
  url.username = user
  url.password = 'secret'
  url.searchParams.set('authMechanism', 'PLAIN')
  return String(url)
}
