import { describe, expect, it } from 'vitest'
import { brokenRules, fits, IMPORT_RULES, importCycle, loadedWith } from './import-rule.ts'
import { readSources, type SourceFile } from './source-import.ts'

const root = new URL('../../', import.meta.url).pathname
const sources = readSources(root, ['src'])

describe('imports go one way', () => {
  it('no file of src knows one that its rule does not allow', () => {
    expect(brokenRules(sources)).toEqual([])
  })

  it('has a file for every rule', () => {
    const idle = IMPORT_RULES.filter((rule) => !sources.some((file) => fits(file.path, rule.files)))
    expect(idle.map((rule) => rule.files)).toEqual([])
  })

  it('there is no circle', () => {
    expect(importCycle(sources)).toBeNull()
  })

  it('the command starts without a driver', () => {
    const loaded = loadedWith('src/cli/main.ts', sources)
    expect([...loaded].filter((path) => ['pg', 'node:sqlite', 'yaml'].includes(path))).toEqual([])
  })
})

describe('a planted violation is found', () => {
  it.each<[string, string, string]>([
    ['model knows nothing of ours', 'src/model/a.ts', "import { probe } from '../sources/source.ts'"],
    ['model knows no package', 'src/model/a.ts', "import { z } from 'zod'"],
    ['a source knows no other source', 'src/sources/postgresql/a.ts', "import type { A } from '../mysql/reader.ts'"],
    [
      'a source knows no connector',
      'src/sources/postgresql/a.ts',
      "import { run } from '../../connector/connector.ts'",
    ],
    [
      'what runs with a connector knows no doctor',
      'src/sources/postgresql/beat/a.ts',
      "import type { Piece } from '../../../doctor/checks/piece.ts'",
    ],
    [
      'nor does what all sources share',
      'src/sources/heartbeat/a.ts',
      "import { a } from '../../doctor/checks/finding.ts'",
    ],
    ['nor a set-up', 'src/sources/postgresql/beat/a.ts', "import { a } from '../../../setup/setup-form.ts'"],
    ['a source knows not the registry', 'src/sources/postgresql/a.ts', "import { sources } from '../registry.ts'"],
    ['a driver is loaded lazily', 'src/sources/postgresql/a.ts', "import { Client } from 'pg'"],
    ['a contract knows no registry', 'src/sources/source.ts', "import { a } from './registry.ts'"],
    ['a contract names no source', 'src/sources/source.ts', "import { a } from './postgresql/definition.ts'"],
    ['a sink knows no other sink', 'src/sinks/stdout/a.ts', "import { a } from '../sqlite/sink.ts'"],
    ['a sink knows no source', 'src/sinks/sqlite/a.ts', "import type { A } from '../../sources/source.ts'"],
    ['a sink has no driver of its own', 'src/sinks/sqlite/a.ts', "const { a } = await import('node:sqlite')"],
    ['the store knows no sink', 'src/sqlite/a.ts', "import { a } from '../sinks/sqlite/sink.ts'"],
    [
      'the connector knows no concrete source',
      'src/connector/a.ts',
      "await import('../sources/postgresql/definition.ts')",
    ],
    ['the connector knows no concrete sink', 'src/connector/a.ts', "import { a } from '../sinks/sqlite/sink.ts'"],
    ['the connector knows no store', 'src/connector/a.ts', "import { a } from '../sqlite/store.ts'"],
    ['health knows no source', 'src/health/a.ts', "import {\n  type A,\n  b,\n} from '../sources/source.ts'"],
    ['config knows no concrete source', 'src/config/a.ts', "import { a } from '../sources/postgresql/config.ts'"],
    ['nothing knows cli', 'src/demo/a.ts', "export { a } from '../cli/main.ts'"],
    ['src knows no test support', 'src/cli/a.ts', "import { a } from '../../test/support/wait-for.ts'"],
    ['src knows no test', 'src/cli/a.ts', "import { a } from './b.test.ts'"],
    ['nor its address', 'src/connector/a.ts', "new Worker(new URL('../sqlite/worker.ts', import.meta.url))"],
    ['a new folder needs a rule', 'src/extra/a.ts', ''],
    ['a side effect counts', 'src/model/a.ts', "import '../cli/main.ts'"],
  ])('%s', (_title, path, text) => {
    expect(brokenRules([{ path, text }])).toHaveLength(1)
  })

  it('an import that a comment speaks of is none', () => {
    expect(brokenRules([{ path: 'src/model/a.ts', text: "/** import a from 'zod' */\n// import 'pg'\n" }])).toEqual([])
  })

  it('a circle is found, with its files', () => {
    const file = (name: string, to: string): SourceFile => ({
      path: `src/model/${name}.ts`,
      text: `import type { A } from './${to}.ts'`,
    })
    expect(importCycle([file('a', 'b'), file('b', 'c'), file('c', 'b')])).toEqual([
      'src/model/b.ts',
      'src/model/c.ts',
      'src/model/b.ts',
    ])
  })

  it('a driver behind two files is found', () => {
    const loaded = loadedWith('src/cli/main.ts', [
      { path: 'src/cli/main.ts', text: "import { a } from './a.ts'" },
      { path: 'src/cli/a.ts', text: "import pg from 'pg'\nimport type { B } from './b.ts'\nawait import('./c.ts')" },
    ])
    expect([...loaded]).toEqual(['src/cli/main.ts', 'src/cli/a.ts', 'pg'])
  })
})
