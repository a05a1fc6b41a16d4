import { TestRunner } from 'vitest'
import { isRequired } from './environment.ts'

/** Skips the running test for want of `engine`; where OFFBEAT_REQUIRE names it, or outside of a test, that is a failure. */
export function skipWithout(engine: string, reason: string): never {
  if (isRequired(engine)) throw new Error(`OFFBEAT_REQUIRE names ${engine}: ${reason}`)
  TestRunner.getCurrentTest()?.context.skip(reason)
  throw new Error(reason)
}
