import type { Command } from '../program/command.ts'

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'what is wrong with a source, and the statements that fix it',
  arguments: [{ name: 'source', summary: 'only these sources', required: false, many: true }],
  options: [
    { flags: '--fix', summary: 'show and run the fixes that are safe; without it nothing is changed' },
    { flags: '--admin <url>', summary: "the administrator's URL for --fix; better: $OFFBEAT_ADMIN_URL" },
    { flags: '--yes', summary: 'with --fix: do not ask' },
    { flags: '--strict', summary: 'exit with 1 on a warning too' },
    { flags: '--bundle <file>', summary: 'write a file without secrets for a colleague' },
  ],
  examples: [
    'offbeat doctor',
    'OFFBEAT_ADMIN_URL=postgresql://postgres:...@db/shop offbeat doctor shop --fix',
    'offbeat doctor --bundle offbeat-bundle.json',
  ],
  run: async (input, context) => (await import('./run-doctor.ts')).runDoctor(input, context),
}
