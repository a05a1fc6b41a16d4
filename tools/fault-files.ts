import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDERS = ['test/e2e', 'test/integration']

export interface FaultFile {
  readonly path: string
  /** The faults that its tests name, with those of the suites that it runs. */
  readonly faults: readonly string[]
}

/** The test files that prove a fault. */
export function faultFiles(): readonly FaultFile[] {
  const paths = FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
  return paths.toSorted().flatMap((path) => {
    const source = readFileSync(path, 'utf8')
    const suites = [...source.matchAll(/ from '\.\.\/(conformance\/faults\/[-a-z]+\.ts)'/gu)]
    const texts = [source, ...suites.map(([, suite = '']) => readFileSync(join('test', suite), 'utf8'))]
    const faults = texts.flatMap((text) =>
      [...text.matchAll(/\bfault: (['"])(.+?)\1,\s/gu)].map(([, , fault = '']) => fault),
    )
    return faults.length === 0 ? [] : [{ path, faults }]
  })
}
