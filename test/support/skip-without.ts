import { TestRunner } from 'vitest'
import { isRequired } from './environment.ts'

/** Skips the running test because `engine` is missing. It fails instead if OFFBEAT_REQUIRE names the engine, or outside of a test. */
export function skipWithout(engine: string, reason: string): never {
  if (isRequired(engine)) throw new Error(`OFFBEAT_REQUIRE names ${engine}: ${reason}`)
  TestRunner.getCurrentTest()?.context.skip(reason)
  throw new Error(reason)
}
