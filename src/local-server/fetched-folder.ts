import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * The folder in which `tools/fetch/fetch-server.ts` of a clone unpacks servers, each in a folder with a name like `mysql-9`. It is outside the
 * repository, so that it survives `npm ci`. For root it is a folder that the servers' user can read, since that user cannot read root's
 * home folder.
 */
export function fetchedFolder(env: NodeJS.ProcessEnv): string {
  const home = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(process.getuid?.() === 0 ? '/var/cache' : home, 'offbeat')
}
