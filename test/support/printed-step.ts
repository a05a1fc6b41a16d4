import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { parse, parseDocument } from 'yaml'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import type { Fix } from '../../src/model/fix.ts'
import { deliveredKeys } from './delivered-keys.ts'
import { textsOf } from './fix-script.ts'
import { runOffbeat } from './offbeat.ts'
import { recordingContext } from './recording-context.ts'
import type { TemporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

/** A shop on a server of any kind. */
export interface PreparedShop {
  readonly folder: TemporaryFolder
  readonly database: string
  /** Runs a printed statement as a superuser. */
  readonly server: { query(database: string, text: string): Promise<unknown> }
  /** Returns the key of its message. */
  insertOrder(): Promise<string>
}

interface PrintedCheck {
  readonly id: string
  readonly status: string
  readonly code: string | null
  readonly found: string
  readonly fix: readonly Fix[]
}

/** What `offbeat doctor --json` reports for this check of the source `shop`. */
export async function doctorOn(shop: PreparedShop, id: string): Promise<PrintedCheck> {
  const { stdout, stderr } = await offbeat(shop, ['doctor', 'shop', '--json'])
  const checks: readonly PrintedCheck[] = JSON.parse(stdout).sources[0].checks
  const check = checks.find((each) => each.id === id)
  if (check === undefined) throw new Error(`no check ${id}: ${stdout}\n${stderr}`)
  return check
}

/** Runs the command in this process, with a user at the terminal who answers yes. */
async function offbeat(shop: PreparedShop, words: readonly string[]) {
  const context = recordingContext({ workingDirectory: shop.folder.path, ask: async () => 'yes' })
  const code = await runProgram(commandList, words, context, '9.9.9')
  return { code, stdout: context.stdout.text, stderr: context.stderr.text }
}

/** A text entry begins a choice. Its entries follow. */
function isHeading(fix: Fix): boolean {
  return fix.in === 'person' || fix.in === 'alternative'
}

/** The entries of the choice whose text matches. If an entry of another kind matches, only that entry. */
export function choose(fixes: readonly Fix[], choice: RegExp): readonly Fix[] {
  const at = fixes.findIndex(({ text }) => choice.test(text))
  const chosen = fixes[at]
  if (chosen === undefined) throw new Error(`no ${choice} among:\n${textsOf(fixes).join('\n')}`)
  if (!isHeading(chosen)) return [chosen]
  const rest = fixes.slice(at + 1)
  const end = rest.findIndex(isHeading)
  return end === -1 ? rest : rest.slice(0, end)
}

/** Does what a user does with an entry: changes the file, runs a command in a shell here, or runs a statement as a superuser. */
export async function follow(shop: PreparedShop, fix: Fix): Promise<void> {
  if (fix.in === 'file') return setInConfiguration(shop, fix.text)
  if (fix.in === 'database') return void (await shop.server.query(fix.at ?? shop.database, fix.text))
  const [program, ...words] = fix.text.split(' ')
  expect({ in: fix.in, program }, fix.text).toEqual({ in: 'shell', program: 'offbeat' })
  if (words.join(' ') === 'run') return await runUntilItDelivers(shop)
  const { code, stderr } = await offbeat(shop, words)
  expect(code, stderr).toBe(0)
}

/** A key without `sources.` belongs to the source. */
function setInConfiguration(shop: PreparedShop, line: string): void {
  const [, path = '', value = ''] = /^([A-Za-z.]+): (.+)$/.exec(line) ?? []
  expect(path, line).not.toBe('')
  const file = shop.folder.file('offbeat.yaml')
  const document = parseDocument(readFileSync(file, 'utf8'))
  const keys = path.startsWith('sources.') ? path.split('.') : ['sources', 'shop', ...path.split('.')]
  document.setIn(keys, parse(value))
  writeFileSync(file, document.toString())
}

/** Runs `offbeat run`. A row that is written meanwhile must be delivered. */
export async function runUntilItDelivers(shop: PreparedShop): Promise<void> {
  const stop = new AbortController()
  const running = runOffbeat(['run'], { cwd: shop.folder.path, signal: stop.signal })
  const ended = running.then(({ stderr }) => expect.fail(`it ended:\n${stderr}`))
  try {
    await Promise.race([ended, delivers(shop)])
  } finally {
    ended.catch(() => undefined)
    stop.abort()
  }
  expect((await running).code).toBe(0)
}

/** Rows are written until one comes: those before the connector's first position do not. */
async function delivers(shop: PreparedShop): Promise<void> {
  const written: string[] = []
  await waitFor({ until: 'a row is delivered' }, async () => {
    written.push(await shop.insertOrder())
    const keys = deliveredKeys(shop)
    return written.some((key) => keys.includes(key))
  })
}
