// Programs that tests start also import this file, so it must not import vitest.

/** The environment of the test run. It is read only here. */
export const environment: NodeJS.ProcessEnv = process.env

/** Whether OFFBEAT_REQUIRE makes it a failure to skip a test because `engine` is missing. */
export function isRequired(engine: string): boolean {
  return (environment['OFFBEAT_REQUIRE'] ?? '').split(',').some((name) => name.trim() === engine)
}

/** Whether loops and properties run long, as in `npm run soak`. */
export const soaking = environment['OFFBEAT_SOAK'] !== undefined

/** Whether tests run in their thorough form, as when `.ci/run` tests all versions. */
export const thorough = environment['OFFBEAT_VERSIONS'] === 'all'

/** The number of random attempts in a test. */
export function rounds(by: { readonly usual: number; readonly all: number; readonly soak: number }): number {
  if (soaking) return by.soak
  return thorough ? by.all : by.usual
}
