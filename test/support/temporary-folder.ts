import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect } from 'vitest'

export interface TemporaryFolder extends Disposable, AsyncDisposable {
  readonly path: string
  /** The path of `name` inside it. */
  file(name: string): string
}

/** A new folder. Its name contains the name of the test, and the run fails if it is not deleted. */
export function temporaryFolder(): TemporaryFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `offbeat-${testLabel()}-`)))
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: remove,
    async [Symbol.asyncDispose]() {
      remove()
    },
  }
}

/** The name of the running test file, in a form that is valid in a folder name. */
export function testLabel(): string {
  return basename(expect.getState().testPath ?? 'shared')
    .replace(/\.test\.ts$/, '')
    .replaceAll(/[^A-Za-z0-9_-]/g, '_')
}
