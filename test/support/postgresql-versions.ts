import { environment } from './environment.ts'

/** 13 is there to be refused; 19 is not released yet, and is fetched by `tools/fetch-server.ts`. */
export const SERVER_VERSIONS = [13, 14, 15, 16, 17, 18, 19] as const
export type PostgresVersion = (typeof SERVER_VERSIONS)[number]
export const FETCHED_VERSION = 19 satisfies PostgresVersion

/** OFFBEAT_VERSIONS: `all`, or versions with commas between them. Absent: the newest release, and of older ones what they alone do. */
const asked = environment['OFFBEAT_VERSIONS']

/** Of tests that run on one version. */
export const DEFAULT_VERSION: PostgresVersion = asked === undefined || asked === 'all' ? 18 : (asAsked()[0] ?? 18)
/** For tests of the whole of a reader. */
export const EVERY_VERSION = asked === undefined ? ([18] as const) : among([18, 14, 15, 16, 17, 19])
/** For tests of what old and new versions do each in their own way. */
export const OLD_AND_NEW = asked === undefined ? ([18] as const) : among([18, 14, 19])
/** For tests of what is the same in all versions and can be broken by a new one. */
export const NEW_VERSIONS = asked === undefined ? ([18] as const) : among([18, 19])

/** For tests of one version that is no release yet. */
export function isAsked(version: PostgresVersion): boolean {
  return asked === 'all' || asAsked().includes(version)
}

/** Of the versions that a test is for, such as those that have what it tests: by default the newest release among them. */
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
