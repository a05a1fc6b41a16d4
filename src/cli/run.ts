import type { Command } from './command.ts'

export const runCommand: Command = {
  name: 'run',
  summary: 'deliver changes and keep offsets fresh',
  arguments: [],
  options: [
    { flags: '--until <place>', summary: "read to the log's end as it is at the start, then stop", choices: ['head'] },
    { flags: '--sources <names>', summary: 'only these, separated by commas' },
  ],
  examples: ['offbeat run', 'offbeat run --sources shop,stock --until head'],
  run: async (input, context) => (await import('./run-connectors.ts')).runConnectors(input, context),
}
