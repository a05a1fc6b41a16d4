import { readFile } from 'node:fs/promises'
import { OffbeatError } from '../../model/error.ts'
import { forPerson, inShell } from '../../model/fix.ts'
import type { ConnectionConfig } from '../source-config.ts'
import { nodeCodeOf } from './node-error.ts'
import { address, type ServerTarget } from './server-target.ts'

/** The fix for a refused password that is in the configuration. */
export const PRESENT_PASSWORD = forPerson(
  'set the current password of the user in the configuration, or in the variable that it names',
)

/** The password for one login. Called, and the secret revealed, only when the server requests it. */
export async function passwordOf(
  { password, passwordFile }: ConnectionConfig,
  target: Pick<ServerTarget, 'host' | 'port' | 'user'>,
): Promise<string> {
  if (passwordFile !== undefined) return await readPasswordFile(passwordFile)
  if (password !== null) return password.reveal()
  throw new OffbeatError('DATABASE_PASSWORD_MISSING', {
    message: `the server ${address(target)} requires the password of ${target.user}`,
    found: 'no password in the configuration',
    expected: 'one in the url, in `password` or in `passwordFile`; each can come from an environment variable',
  })
}

/**
 * The file is read for each connection, so that a password can be changed without a restart. It can be missing while it is being replaced.
 */
async function readPasswordFile(path: string): Promise<string> {
  const unusable = (found: string) =>
    new OffbeatError('DATABASE_PASSWORD_FILE', {
      message: `the password cannot be read from ${path}`,
      found,
      expected: 'a readable file with only the password',
      fix: [inShell(`ls -l ${path}`)],
    })
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    throw unusable(nodeCodeOf(thrown) ?? 'unreadable')
  })
  const password = text.replace(/\r?\n$/, '')
  if (password === '') throw unusable('an empty file')
  return password
}

/**
 * While a password is rotated, the file can have the new password before the server does, or keep the old one a moment longer. So a wrong
 * password from a file is transient. A wrong password in the configuration is not.
 */
export function whileRotating(
  error: OffbeatError,
  { passwordFile }: Pick<ConnectionConfig, 'passwordFile'>,
): OffbeatError {
  if (error.code !== 'DATABASE_PASSWORD_WRONG' || passwordFile === undefined) return error
  return new OffbeatError('DATABASE_PASSWORD_FILE_WRONG', {
    message: error.message,
    found: `${error.found ?? error.code}; the password was read from ${passwordFile}`,
    expected: error.expected ?? 'the password of this user',
    fix: [
      forPerson(
        'write the current password of the user to the file; it is read again at each attempt, without a restart',
      ),
      ...error.fix.filter((fix) => fix !== PRESENT_PASSWORD),
    ],
    details: error.details,
  })
}
