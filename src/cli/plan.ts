import type { Command } from './command.ts'

export const planCommand: Command = {
  name: 'plan',
  summary: 'can a source be stopped for so long?',
  arguments: [{ name: 'source', summary: 'which source', required: true }],
  options: [{ flags: '--pause <duration>', summary: 'how long it is to be stopped, from now on (60h, 3d)' }],
  examples: ['offbeat plan shop --pause 60h'],
  run: async (input, context) => (await import('./show-plan.ts')).showPlan(input, context),
}
