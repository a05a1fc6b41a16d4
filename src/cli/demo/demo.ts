import type { Command } from '../program/command.ts'

export const demoCommand: Command = {
  name: 'demo',
  summary: 'a real server with two readers side by side, one with heartbeats and one without',
  arguments: [{ name: 'kind', summary: 'postgresql (the default), mysql, mariadb or mongodb', required: false }],
  options: [{ flags: '--for <duration>', summary: 'end after this time with a summary; else with Ctrl-C' }],
  examples: ['offbeat demo', 'offbeat demo mysql --for 30s --json'],
  run: async (input, context) => (await import('./show-demo.ts')).showDemo(input, context),
}
