import { OffbeatError } from '../../model/error.ts'
import type { CommandContext, CommandInput } from '../program/command.ts'
import { wrapText } from './text-layout.ts'

/** Says what will happen and asks for confirmation. `--yes` answers in advance. Throws if there is no terminal to ask on. */
export async function confirm(
  input: CommandInput,
  context: CommandContext,
  what: string,
  cost: string,
): Promise<boolean> {
  const { ask, stderr } = context
  const words = wrapText(cost === '' ? what : `${what}\n${cost}`, Math.min(stderr.columns, 100)).join('\n')
  if (input.options['yes'] === true) {
    stderr.write(`${words}\n`)
    return true
  }
  if (ask === null) {
    throw new OffbeatError('CONFIRMATION_NEEDED', {
      message: `Not run: confirm with --yes. ${what} ${cost}`.trimEnd(),
    })
  }
  stderr.write(`${words}\n`)
  const answer = await ask('Continue? (yes/no) ')
  if (/^y(es)?$/iu.test(answer.trim())) return true
  stderr.write('Nothing was changed.\n')
  return false
}
