import type { Command } from '../program/command.ts'

export const statusCommand: Command = {
  name: 'status',
  summary: 'the verdict of each source, its runway, and the reasons',
  arguments: [{ name: 'source', summary: 'only these sources', required: false, many: true }],
  options: [
    { flags: '--watch', summary: 'until Ctrl-C: a table, or one source by its name; piped, a line for each change' },
    { flags: '--queries', summary: 'the first words of the statements that retain the log; never a value' },
    { flags: '--every <duration>', summary: 'with --watch: how often', default: '2s' },
  ],
  examples: ['offbeat status', 'offbeat status shop --watch', 'offbeat status --json'],
  run: async (input, context) => (await import('./show-status.ts')).showStatus(input, context),
}
