import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PACKAGE_FOLDER = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * The folder that relative paths on the command line start from. `npm run offbeat` of this package changes to the package's folder before
 * it starts this program, and leaves the caller's folder in INIT_CWD. npm scripts of other packages that call `offbeat` run in the folder
 * that they chose.
 */
export function callerFolder(
  environment: Readonly<Record<string, string | undefined>>,
  workingDirectory: string,
  packageFolder = PACKAGE_FOLDER,
): string {
  const { npm_lifecycle_event: script, INIT_CWD: caller } = environment
  const ours = script === 'offbeat' && realpathSync(workingDirectory) === realpathSync(packageFolder)
  return ours && caller !== undefined && caller !== '' ? caller : workingDirectory
}
