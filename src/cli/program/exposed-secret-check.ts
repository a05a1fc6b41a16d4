import type { Config } from '../../config/config.ts'
import { advice, type CheckFinding } from '../../sources/check.ts'

/**
 * The doctor's findings on secrets of a source and of the HTTP server that other users of this machine can read. Empty if there are none.
 */
export function exposedSecretFindings(config: Config, source: string): readonly CheckFinding[] {
  const own = config.exposed.filter(({ path }) => !path.startsWith('sources.') || path.startsWith(`sources.${source}.`))
  if (own.length === 0) return []
  return [
    {
      id: 'offbeat.secret-files',
      symptom: null,
      title: 'files with secrets',
      status: 'warn',
      code: 'CONFIG_SECRET_EXPOSED',
      found: own
        .map(({ line, column, path, message }) => `${config.path}:${line}:${column} ${path} ${message}`)
        .join('; '),
      expected: 'files that only their owner can read',
      fix: own.flatMap(({ expected }) => (expected === null ? [] : [advice(`use ${expected}`)])),
    },
  ]
}
