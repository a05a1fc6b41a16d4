import type { Command, CommandGroup } from './command.ts'
import { supportCommand } from './support.ts'

/** In the order of the help. */
export const commandList: readonly (Command | CommandGroup)[] = [supportCommand]
