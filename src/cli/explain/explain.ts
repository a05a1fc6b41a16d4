import type { Command } from '../program/command.ts'

export const explainCommand: Command = {
  name: 'explain',
  summary: 'explain an error code: what it means and what to do',
  arguments: [{ name: 'code', summary: 'the code; without one, all codes are listed', required: false }],
  options: [],
  examples: ['offbeat explain POSTGRES_SLOT_IN_USE', 'offbeat explain', 'offbeat explain --json'],
  run: async (input, context) => (await import('./show-explanation.ts')).showExplanation(input, context),
}
