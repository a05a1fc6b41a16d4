import type { Command } from './command.ts'

export const supportCommand: Command = {
  name: 'support',
  summary: 'which databases, and how each is kept fresh',
  arguments: [],
  options: [],
  run: async () => 0,
}
