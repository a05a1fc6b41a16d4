import type { Command } from '../program/command.ts'

export const tailCommand: Command = {
  name: 'tail',
  summary: 'print messages from the sink, one a line, shortened on a terminal',
  arguments: [{ name: 'source', summary: 'whose messages', required: true }],
  options: [
    { flags: '--topic <topic>', summary: 'of this topic alone' },
    { flags: '--key <key>', summary: 'of this key alone: as JSON, or its plain value where it has one column' },
    { flags: '--no-heartbeats', summary: 'without the heartbeats of layer 1' },
    {
      flags: '--from <position>',
      summary: 'all that are kept, or only those to come',
      choices: ['beginning', 'now'],
      default: 'beginning',
    },
    { flags: '--since <time>', summary: 'committed since then: 10m, 2026-11-29T08:00 (local time) or ...T08:00Z' },
    { flags: '--limit <n>', summary: 'end after n messages' },
    { flags: '--idle-exit <duration>', summary: 'end when no message has come for this long' },
  ],
  examples: [
    'offbeat tail shop --no-heartbeats --since 10m',
    'offbeat tail shop --topic shop.public.orders --key 7',
    `offbeat tail shop --key '{"region": "eu", "id": 7}' --idle-exit 3s --json`,
  ],
  run: async (input, context) => (await import('./show-tail.ts')).showTail(input, context),
}
