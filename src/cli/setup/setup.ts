import { OUTSIDE_FORMS } from '../../model/outside-form.ts'
import type { Command } from '../program/command.ts'

export const setupCommand: Command = {
  name: 'setup',
  summary: 'print the statements that prepare the database, each with its reason; or apply the missing ones',
  arguments: [{ name: 'source', summary: "a source's name in the configuration", required: true }],
  options: [
    { flags: '--read-only', summary: 'for the read-only form, before readOnly: true is in the configuration' },
    { flags: '--variant <service>', summary: 'who runs the server: self-managed (default), rds, aurora, ...' },
    { flags: '--apply', summary: 'show what is missing, ask, and run it; a second run is harmless' },
    { flags: '--admin <url>', summary: "the administrator's URL for --apply; better: $OFFBEAT_ADMIN_URL" },
    {
      flags: '--yes',
      summary: "with --apply: run it without asking, also on the other server that the administrator's URL names",
    },
    { flags: '--with-monitoring', summary: 'also grant the privileges for monitoring, for better diagnostics' },
    {
      flags: '--scheduler-database <name>',
      summary: 'the database of the scheduler, if it is another one than the captured one',
    },
    {
      flags: '--account-host <host>',
      summary: "MySQL and MariaDB: the hosts from which the connector's user logs in, such as 10.0.% (default: any)",
    },
    {
      flags: '--as <form>',
      summary: `in place of the script for the database's client: the job outside the database, as ${Object.entries(
        OUTSIDE_FORMS,
      )
        .map(([form, what]) => `${form} (${what})`)
        .join(', ')}`,
    },
  ],
  examples: [
    'offbeat setup shop',
    'offbeat setup shop --read-only --variant rds',
    'OFFBEAT_ADMIN_URL=postgresql://postgres:...@db/shop offbeat setup shop --apply',
    'OFFBEAT_ADMIN_URL="mongodb://root:...@db/?replicaSet=rs0" offbeat setup shop --apply',
    'offbeat setup shop --as crontab',
    'offbeat setup shop --apply --yes',
  ],
  run: async (input, context) => (await import('./show-setup.ts')).showSetup(input, context),
}
