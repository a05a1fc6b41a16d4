import type { Command } from '../program/command.ts'

export const healthCommand: Command = {
  name: 'health',
  summary: 'ask the running process over HTTP whether it is alive, for a container or a supervisor',
  arguments: [],
  options: [{ flags: '--ready', summary: 'whether every connector runs' }],
  examples: ['offbeat health', 'offbeat health --ready --json'],
  run: async (input, context) => (await import('./ask-health.ts')).askHealth(input, context),
}
