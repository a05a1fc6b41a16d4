import type { Command } from '../program/command.ts'

export const initCommand: Command = {
  name: 'init',
  summary: 'inspect a database and write a commented configuration for it',
  arguments: [{ name: 'file', summary: 'the file to write (default: offbeat.yaml)', required: false }],
  options: [
    { flags: '--url <url>', summary: "the database's URL; with it nothing is asked; its password is never written" },
    { flags: '--kind <kind>', summary: "the kind of database (default: by the URL's scheme)" },
    { flags: '--name <name>', summary: "the source's name (default: the database's)" },
    { flags: '--user <user>', summary: "the connector's user, where it is not the URL's" },
    { flags: '--tables <list>', summary: 'the watched tables, separated by commas, * within a part (default: all)' },
    { flags: '--read-only', summary: 'write nothing on this connection; always so on a standby' },
    { flags: '--interval <duration>', summary: 'the interval of both layers (default: depends on the database)' },
    { flags: '--offline', summary: 'do not try the connection' },
    { flags: '--force', summary: 'overwrite the file' },
  ],
  examples: [
    'offbeat init',
    'offbeat init --url postgresql://postgres:...@db.example/shop --tables "public.orders,sales.*"',
    'offbeat init --url mysql://root:...@db.example/shop --tables shop.orders',
    'offbeat init --url "mongodb://root:...@db.example/?replicaSet=rs0" --name shop --tables shop.orders',
  ],
  run: async (input, context) => (await import('./write-init.ts')).writeInit(input, context),
}
