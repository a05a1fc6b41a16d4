/** The parts of a server that are only for one that belongs to the test. */
export interface OwnedServer<Settings> extends AsyncDisposable {
  readonly dataDir: string
  stop(): Promise<void>
  start(): Promise<void>
  /** Kills the server with SIGKILL. Resolves when the port is closed. */
  kill(): Promise<void>
  /** Settings for the next start, in addition to the existing ones. */
  configure(settings: Settings): void
  /** The server's log so far. */
  log(): string
}

/** These parts of a local server, for an object that has others beside them. */
export function ownedParts<Settings>(local: OwnedServer<Settings>): OwnedServer<Settings> {
  return {
    dataDir: local.dataDir,
    stop: () => local.stop(),
    start: () => local.start(),
    kill: () => local.kill(),
    configure: (settings) => local.configure(settings),
    log: () => local.log(),
    [Symbol.asyncDispose]: () => local[Symbol.asyncDispose](),
  }
}
