import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { bashCompletion } from './completion-bash.ts'
import { completionContexts } from './completion-context.ts'
import { fishCompletion } from './completion-fish.ts'
import { zshCompletion } from './completion-zsh.ts'

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

export async function showCompletion(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const shell = input.words[0]
  const text =
    shell === 'bash' || shell === 'zsh' || shell === 'fish'
      ? SCRIPTS[shell](completionContexts(context.outline()))
      : (await sourceNames(input, context)).map((name) => `${name}\n`).join('')
  context.stdout.write(text)
  await context.stdout.drained()
  return 0
}

/** Reads the file without validation, so that completion also works when the file has mistakes or a variable is not set. */
async function sourceNames(input: CommandInput, context: CommandContext): Promise<readonly string[]> {
  const { sourceNamesIn } = await import('../../config/source-names.ts')
  const given = input.common.config ?? (context.environment['OFFBEAT_CONFIG'] || 'offbeat.yaml')
  try {
    return sourceNamesIn(await readFile(resolve(context.workingDirectory, given), 'utf8'))
  } catch {
    return []
  }
}
