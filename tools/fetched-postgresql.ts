import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where `tools/fetch-postgresql.ts` unpacks a server: outside the repository, so that it survives `npm ci`. As root it is where the user
 * that servers run as can read it, which root's home folder is not.
 */
export function fetchedPostgresql(major: number, env: NodeJS.ProcessEnv): string {
  const home = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(process.getuid?.() === 0 ? '/var/cache' : home, 'offbeat', `postgresql-${major}`)
}

export function fetchedPrograms(major: number, env: NodeJS.ProcessEnv): string {
  return programsIn(fetchedPostgresql(major, env), major)
}

export function programsIn(tree: string, major: number): string {
  return join(tree, `usr/lib/postgresql/${major}/bin`)
}
