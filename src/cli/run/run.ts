import type { Command } from '../program/command.ts'

export const runCommand: Command = {
  name: 'run',
  summary: 'deliver changes and keep offsets fresh',
  arguments: [],
  options: [
    { flags: '--until <position>', summary: 'stop at the end that the log has at the start', choices: ['head'] },
    { flags: '--sources <names>', summary: 'only these, separated by commas' },
  ],
  examples: ['offbeat run', 'offbeat run --sources shop,stock --until head'],
  run: async (input, context) => (await import('./run-connectors.ts')).runConnectors(input, context),
}
