import { TestRunner } from 'vitest'

/** The environment of the test run; here alone it is read. */
export const environment: NodeJS.ProcessEnv = process.env

/** Whether OFFBEAT_REQUIRE makes a skip for want of `engine` a failure. */
export function isRequired(engine: string): boolean {
  return (environment['OFFBEAT_REQUIRE'] ?? '').split(',').some((name) => name.trim() === engine)
}

/** Skips the running test for want of `engine`; where OFFBEAT_REQUIRE names it, or outside of a test, that is a failure. */
export function skipWithout(engine: string, reason: string): never {
  if (isRequired(engine)) throw new Error(`OFFBEAT_REQUIRE names ${engine}: ${reason}`)
  TestRunner.getCurrentTest()?.context.skip(reason)
  throw new Error(reason)
}

/** The long forms of loops and properties, as `npm run soak` asks for them. */
export const soaking = environment['OFFBEAT_SOAK'] !== undefined
