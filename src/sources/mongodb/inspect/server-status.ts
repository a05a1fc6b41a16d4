/** The command for the status of a server, without the sections that are not needed and are large. */
export const SMALL_STATUS = {
  serverStatus: 1,
  metrics: 0,
  locks: 0,
  wiredTiger: 0,
  tcmalloc: 0,
  network: 0,
  opcounters: 0,
} as const
