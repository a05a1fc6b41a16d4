import type { Command } from '../program/command.ts'

export const historyCommand: Command = {
  name: 'history',
  summary: 'pulses hop by hop, lag over time, verdicts',
  arguments: [{ name: 'source', summary: 'which source', required: true }],
  options: [{ flags: '--since <duration>', summary: 'how far back', default: '1h' }],
  examples: ['offbeat history shop --since 1d'],
  run: async (input, context) => (await import('./show-history.ts')).showHistory(input, context),
}
