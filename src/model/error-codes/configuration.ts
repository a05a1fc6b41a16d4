import type { ErrorEntry } from '../error-entry.ts'

export const CONFIGURATION_ERRORS = {
  CONFIG_INVALID: {
    kind: 'configuration',
    summary: 'The configuration file has mistakes.',
    cure: 'Correct each line that the message lists; nothing was started.',
    retry: false,
  },
  CONFIG_SECRET_EXPOSED: {
    kind: 'configuration',
    summary: 'A password or token is in a file that other users of this machine can read.',
    cure: 'Run `chmod 600` on the file, or keep the secret out of the configuration file: use a variable, passwordFile or tokenFile.',
    retry: false,
  },
  CONFIG_UNREADABLE: {
    kind: 'configuration',
    summary: 'There is no configuration file, or it cannot be read.',
    cure: 'Give its path with --config or OFFBEAT_CONFIG, or write offbeat.yaml; the message shows the smallest one.',
    retry: false,
  },
  POSITION_INVALID: {
    kind: 'configuration',
    summary: 'The given text is not a position in the change log.',
    cure: 'Use the form that the message shows.',
    retry: false,
  },
  SOURCE_NOT_READABLE: {
    kind: 'configuration',
    summary: 'Offbeat does not read the change log of this kind of database, so nothing of it is delivered.',
    cure: 'Name the sources to run with `--sources`. Such a source can be watched, and heartbeats can be written to it.',
    retry: false,
  },
  SETUP_NOT_AVAILABLE: {
    kind: 'configuration',
    summary: 'Offbeat has no set-up for this kind of database.',
    cure: 'Prepare the database by hand, as the page of the source in the documentation says.',
    retry: false,
  },
  ADMINISTRATOR_NOT_AVAILABLE: {
    kind: 'configuration',
    summary: 'Offbeat runs no statements of an administrator on this kind of database.',
    cure: 'Run the printed statements yourself.',
    retry: false,
  },
  CHECKUP_NOT_AVAILABLE: {
    kind: 'configuration',
    summary: 'Offbeat has no checks of its own for this kind of database; only the two heartbeat layers are checked.',
    cure: 'Check the database with its own tools.',
    retry: false,
  },
  LOCAL_SERVER_MISSING: {
    kind: 'configuration',
    summary:
      'The demo (or a test) needs its own database server, and no server programs are installed on this machine.',
    cure: 'Install them, as the fix shows.',
    retry: false,
  },
  LOCAL_SERVER_FAILED: {
    kind: 'configuration',
    summary: 'The database server of the demo (or of a test) did not start.',
    cure: 'The message has the last lines of the log of the server.',
    retry: false,
  },
  USAGE_INVALID: {
    kind: 'configuration',
    summary: 'The command line has a mistake.',
    cure: 'See `offbeat --help`, or `offbeat COMMAND --help` for one command.',
    retry: false,
  },
  SOURCE_UNKNOWN: {
    kind: 'configuration',
    summary: 'The configuration has no source of this name.',
    cure: 'Give one of the names under `sources:`.',
    retry: false,
  },
  CONFIG_EXISTS: {
    kind: 'configuration',
    summary: 'The configuration file to be written exists already.',
    cure: 'Give another path, or overwrite it with `--force`.',
    retry: false,
  },
  CONFIG_UNWRITABLE: {
    kind: 'configuration',
    summary: 'The configuration file cannot be written.',
    cure: 'Give a path in a folder that exists and is writable.',
    retry: false,
  },
  SETUP_PASSWORD_MISSING: {
    kind: 'configuration',
    summary: 'The set-up creates a user, and no password was given for it.',
    cure: 'Put the password into the source, or into OFFBEAT_SETUP_PASSWORD, or run it on a terminal.',
    retry: false,
  },
  CONFIRMATION_NEEDED: {
    kind: 'configuration',
    summary: 'The command makes a change and needs a confirmation, and there is no terminal to ask on.',
    cure: 'Run it on a terminal, or confirm with `--yes`.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
