import type { ErrorEntry } from '../error-entry.ts'

export const CONFIGURATION_ERRORS = {
  CONFIG_INVALID: {
    kind: 'configuration',
    summary: 'The configuration file has mistakes.',
    cure: 'Mend each place that the message lists; nothing was started.',
    retry: false,
  },
  CONFIG_SECRET_EXPOSED: {
    kind: 'configuration',
    summary: 'A password or token is in a file that other users of this machine can read.',
    cure: 'Take their rights away with `chmod 600`, or keep the secret out of the configuration file: a variable, passwordFile or tokenFile.',
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
    summary: 'A text that should be a position in the change log is not one.',
    cure: 'Give the position in the form that the message shows.',
    retry: false,
  },
  LOCAL_SERVER_MISSING: {
    kind: 'configuration',
    summary: 'The demo (or a test) needs a database server of its own, and no programs for one are on this machine.',
    cure: 'Install them, as the fix shows.',
    retry: false,
  },
  LOCAL_SERVER_FAILED: {
    kind: 'configuration',
    summary: 'The database server of the demo (or of a test) did not start.',
    cure: 'The last lines that the server said are in the message.',
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
    summary: 'The configuration file to be written is there already.',
    cure: 'Give another path, or overwrite it with `--force`.',
    retry: false,
  },
  CONFIG_UNWRITABLE: {
    kind: 'configuration',
    summary: 'The configuration file cannot be written.',
    cure: 'Give a path in a folder that is there and may be written.',
    retry: false,
  },
  SETUP_PASSWORD_MISSING: {
    kind: 'configuration',
    summary: 'The set-up would make a user, and there is no password to give it.',
    cure: 'Put the password into the source, or into OFFBEAT_SETUP_PASSWORD, or run it on a terminal.',
    retry: false,
  },
  CONFIRMATION_NEEDED: {
    kind: 'configuration',
    summary: 'The command changes an offset and there is no terminal to ask on.',
    cure: 'Run it on a terminal, or confirm it beforehand with `--yes`.',
    retry: false,
  },
} as const satisfies Record<string, ErrorEntry>
