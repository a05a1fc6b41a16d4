import { OffbeatError } from '../../model/error.ts'
import { Secret } from '../../model/secret.ts'
import type { CommandContext, CommandInput } from '../program/command.ts'
import { textOption } from '../program/option-value.ts'

/** The URL of the administrator that `flag` runs its statements as. */
export function adminUrl(input: CommandInput, context: CommandContext, flag: string): Secret {
  const url = textOption(input, 'admin') ?? context.environment['OFFBEAT_ADMIN_URL'] ?? ''
  if (url !== '') return new Secret(url)
  throw new OffbeatError('ADMIN_NEEDED', {
    message: `${flag} needs an administrator of the database; nothing was changed.`,
    found: 'neither --admin nor OFFBEAT_ADMIN_URL',
    expected:
      'OFFBEAT_ADMIN_URL in the environment, or --admin URL (which other users can see in the list of processes)',
  })
}
