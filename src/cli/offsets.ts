import type { CommandGroup, OptionSpec } from './command.ts'

const yes: OptionSpec = { flags: '--yes', summary: 'do it without asking' }

export const offsetsCommand: CommandGroup = {
  name: 'offsets',
  summary: 'list, explain, set and reset offsets',
  commands: [
    {
      name: 'list',
      summary: 'the stored offset of every source',
      arguments: [],
      options: [],
      run: async (input, context) => (await import('./offsets-list.ts')).listOffsets(input, context),
    },
    {
      name: 'show',
      summary: 'one offset, with what moved it and why that was safe',
      arguments: [{ name: 'source', summary: 'which source', required: true }],
      options: [{ flags: '--limit <n>', summary: 'how many moves of the ledger', default: '20' }],
      run: async (input, context) => (await import('./offsets-show.ts')).showOffset(input, context),
    },
    {
      name: 'set',
      summary: 'set an offset by hand; refused while the connector runs',
      arguments: [
        { name: 'source', summary: 'which source', required: true },
        { name: 'position', summary: "a place in the source's log", required: false },
      ],
      options: [{ flags: '--from-slot', summary: 'take over the place that the server keeps' }, yes],
      examples: ['offbeat offsets set shop 0/1A2B3C8', 'offbeat offsets set shop --from-slot'],
      run: async (input, context) => (await import('./offsets-set.ts')).setOffset(input, context),
    },
    {
      name: 'reset',
      summary: 'forget an offset; refused while the connector runs',
      arguments: [{ name: 'source', summary: 'which source', required: true }],
      options: [yes],
      run: async (input, context) => (await import('./offsets-set.ts')).resetOffset(input, context),
    },
  ],
}
