import { environment } from './environment.ts'

/** 13 is there to test that it is refused. 19 is not released yet and is fetched by `tools/fetch/fetch-server.ts`. */
export const SERVER_VERSIONS = [13, 14, 15, 16, 17, 18, 19] as const
export type PostgresVersion = (typeof SERVER_VERSIONS)[number]
export const FETCHED_VERSION = 19 satisfies PostgresVersion

/**
 * OFFBEAT_VERSIONS: `all`, or a comma-separated list of versions. If it is absent, the newest release is tested, and older ones only for
 * what is specific to them.
 */
const asked = environment['OFFBEAT_VERSIONS']

/** The version for tests that run on only one. */
export const DEFAULT_VERSION: PostgresVersion = asked === undefined || asked === 'all' ? 18 : (asAsked()[0] ?? 18)
/** For tests of a complete reader. */
export const EVERY_VERSION = asked === undefined ? ([18] as const) : among([18, 14, 15, 16, 17, 19])
/** For tests of behaviour that differs between old and new versions. */
export const OLD_AND_NEW = asked === undefined ? ([18] as const) : among([18, 14, 19])
/** For tests of behaviour that is the same in all versions but that a new version could break. */
export const NEW_VERSIONS = asked === undefined ? ([18] as const) : among([18, 19])

/** For tests of one version that is not released yet. */
export function isAsked(version: PostgresVersion): boolean {
  return asked === 'all' || asAsked().includes(version)
}

/**
 * Selects from the versions that a test applies to, such as those that have the tested feature. The default is the newest release among
 * them.
 */
export function versionsOf<T extends PostgresVersion>(versions: readonly T[]): readonly T[] {
  if (asked === 'all') return versions
  const wanted = versions.filter((version) => asAsked().includes(version))
  if (wanted.length > 0) return wanted
  const newest = versions.filter((version) => version < FETCHED_VERSION).sort((a, b) => b - a)
  return newest.slice(0, 1)
}

function among(versions: readonly PostgresVersion[]): readonly PostgresVersion[] {
  return asked === 'all' ? versions : asAsked()
}

function asAsked(): PostgresVersion[] {
  const names = (asked ?? '').split(',')
  return SERVER_VERSIONS.filter((version) => names.includes(String(version)))
}
