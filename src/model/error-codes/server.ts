import type { ErrorEntry } from '../error-entry.ts'

export const SERVER_ERRORS = {
  SERVER_PORT_TAKEN: {
    kind: 'configuration',
    summary: 'Another program uses the address of `server.listen`.',
    cure: 'Give each configuration on a machine its own `server.listen`, or turn HTTP off with `server: off`; no connector was started.',
    retry: false,
  },
  SERVER_ADDRESS_REFUSED: {
    kind: 'configuration',
    summary: 'The operating system does not let this user listen at the address.',
    cure: 'Choose a port from 1024 on in `server.listen`, or give the process the right to use lower ones; no connector was started.',
    retry: false,
  },
  SERVER_ADDRESS_MISSING: {
    kind: 'transient',
    summary: 'The address of `server.listen` is not on this machine, or not yet.',
    cure: 'Correct `server.listen`, or start after the network is up; no connector was started.',
    retry: true,
  },
  SERVER_UNREACHABLE: {
    kind: 'transient',
    summary: 'The running process does not answer over HTTP.',
    cure: 'Check its log, and whether it hangs.',
    retry: true,
  },
} as const satisfies Record<string, ErrorEntry>
