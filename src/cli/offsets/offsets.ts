import type { CommandGroup, OptionSpec } from '../program/command.ts'

const yes: OptionSpec = { flags: '--yes', summary: 'do not ask' }

export const offsetsCommand: CommandGroup = {
  name: 'offsets',
  summary: 'list, explain, set, reset, skip, export and import offsets',
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
      summary: 'one offset, with what moved it and why this was safe',
      arguments: [{ name: 'source', summary: 'which source', required: true }],
      options: [
        { flags: '--last <n>', summary: 'how many moves to print, newest first', default: '5' },
        { flags: '--all', summary: 'all moves that are kept' },
      ],
      examples: ['offbeat offsets show shop', 'offbeat offsets show shop --last 20 --json'],
      run: async (input, context) => (await import('./offsets-show.ts')).showOffset(input, context),
    },
    {
      name: 'set',
      summary: 'set an offset by hand; refused while the connector runs',
      arguments: [
        { name: 'source', summary: 'which source', required: true },
        { name: 'position', summary: "a position in the source's log", required: false },
      ],
      options: [
        {
          flags: '--from-slot',
          summary: 'the position that the server keeps for the source, such as that of a replication slot',
        },
        { flags: '--despite-reader', summary: 'with --from-slot: also while another client reads the slot' },
        yes,
      ],
      examples: ['offbeat offsets set shop 0/1A2B3C8', 'offbeat offsets set shop --from-slot'],
      run: async (input, context) => (await import('./offsets-set.ts')).setOffset(input, context),
    },
    {
      name: 'reset',
      summary: 'delete an offset; refused while the connector runs',
      arguments: [{ name: 'source', summary: 'which source', required: true }],
      options: [yes],
      run: async (input, context) => (await import('./offsets-set.ts')).resetOffset(input, context),
    },
    {
      name: 'skip',
      summary: 'skip a transaction that cannot be decoded (its raw bytes are saved first) or sent',
      arguments: [{ name: 'source', summary: 'which source', required: true }],
      options: [
        { flags: '--transaction <id>', summary: 'its id, as `offbeat run` printed it' },
        { flags: '--unreadable', summary: 'what the server itself cannot send, such as rows without a publication' },
        { flags: '--save <file>', summary: 'where to save its raw bytes (default: next to the store)' },
        yes,
      ],
      examples: ['offbeat offsets skip shop --transaction 745', 'offbeat offsets skip shop --unreadable'],
      run: async (input, context) => (await import('./offsets-skip.ts')).skipTransaction(input, context),
    },
    {
      name: 'export',
      summary: 'offsets as a JSON document, for a copy or another machine',
      arguments: [{ name: 'source', summary: 'which source (default: all)', required: false }],
      options: [{ flags: '--file <file>', summary: 'where to write it (default: standard output)' }],
      examples: ['offbeat offsets export --file offsets.json'],
      run: async (input, context) => (await import('./offsets-export.ts')).exportOffsets(input, context),
    },
    {
      name: 'import',
      summary: 'set offsets from an exported document; refused while the connector runs',
      arguments: [{ name: 'source', summary: 'which source (default: all of the document)', required: false }],
      options: [{ flags: '--file <file>', summary: 'the document' }, yes],
      examples: ['offbeat offsets import --file offsets.json'],
      run: async (input, context) => (await import('./offsets-import.ts')).importOffsets(input, context),
    },
  ],
}
