// Programs that tests start import this too: nothing of vitest's.

/** The environment of the test run; here alone it is read. */
export const environment: NodeJS.ProcessEnv = process.env

/** Whether OFFBEAT_REQUIRE makes a skip for want of `engine` a failure. */
export function isRequired(engine: string): boolean {
  return (environment['OFFBEAT_REQUIRE'] ?? '').split(',').some((name) => name.trim() === engine)
}

/** The long forms of loops and properties, as `npm run soak` asks for them. */
export const soaking = environment['OFFBEAT_SOAK'] !== undefined

/** The thorough forms, where `.ci/run` tests all versions. */
export const thorough = environment['OFFBEAT_VERSIONS'] === 'all'

/** How often a test tries at random. */
export function rounds(by: { readonly usual: number; readonly all: number; readonly soak: number }): number {
  if (soaking) return by.soak
  return thorough ? by.all : by.usual
}
