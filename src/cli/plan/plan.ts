import type { Command } from '../program/command.ts'

export const planCommand: Command = {
  name: 'plan',
  summary: 'whether a source can be stopped for a given time',
  arguments: [{ name: 'source', summary: 'which source', required: true }],
  options: [{ flags: '--pause <duration>', summary: 'how long the pause is, from now on (60h, 3d)' }],
  examples: ['offbeat plan shop --pause 60h'],
  run: async (input, context) => (await import('./show-plan.ts')).showPlan(input, context),
}
