import { writeFileSync } from 'node:fs'
import { type OffbeatResult, runOffbeat } from '../support/offbeat.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import type { StageDatabase } from './stage.ts'

/** The command line in this process. Its folder has a configuration with this database as the source `shop`. */
export interface CommandLine extends Disposable {
  run(...words: readonly string[]): Promise<OffbeatResult>
  /** Runs until it is stopped. */
  start(...words: readonly string[]): Promise<OffbeatResult>
  stop(): void
}

export function commandLine({ entry, adminUrl, sources }: StageDatabase): CommandLine {
  const folder = temporaryFolder()
  const config = { sources: { shop: entry }, sink: { kind: 'sqlite', path: 'offbeat.db' }, server: 'off' }
  // JSON is valid YAML.
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify(config), { mode: 0o600 })
  const about = { cwd: folder.path, env: { OFFBEAT_ADMIN_URL: adminUrl }, sources }
  const stop = new AbortController()
  return {
    run: (...words) => runOffbeat(words, about),
    start: (...words) => runOffbeat(words, { ...about, signal: stop.signal }),
    stop: () => stop.abort(),
    [Symbol.dispose]() {
      stop.abort()
      folder[Symbol.dispose]()
    },
  }
}
