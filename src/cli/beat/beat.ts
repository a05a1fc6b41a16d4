import type { Command } from '../program/command.ts'

export const beatCommand: Command = {
  name: 'beat',
  summary: 'change the heartbeat row once (layer 2); with --quiet it prints only what fails',
  arguments: [{ name: 'source', summary: 'which source', required: true }],
  options: [{ flags: '--wait', summary: 'wait until the running connector has seen, stored and acknowledged it' }],
  examples: ['offbeat beat shop --wait'],
  run: async (input, context) => (await import('./send-beat.ts')).sendBeat(input, context),
}
