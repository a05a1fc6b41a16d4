import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fetchedFolder } from '../../src/local-server/fetched-folder.ts'
import { environment, isRequired } from './environment.ts'
import { temporaryFolder } from './temporary-folder.ts'

const FETCHED = join(fetchedFolder(environment), 'mongosh/node_modules/.bin')

/** Why there is no mongosh here. null: there is one, fetched or in the PATH. */
export function mongoshMissing(): string | null {
  const folders = [FETCHED, ...(environment['PATH'] ?? '').split(delimiter)]
  if (folders.some((folder) => existsSync(join(folder, 'mongosh')))) return null
  const reason = 'there is no mongosh in PATH, and `npm run fetch-mongosh` has not been run'
  if (isRequired('mongosh')) throw new Error(`OFFBEAT_REQUIRE names mongosh: ${reason}`)
  return reason
}

export interface MongoshResult {
  readonly code: number | null
  readonly output: string
}

interface MongoshInput {
  readonly variables?: Readonly<Record<string, string>>
  readonly input?: string
  /** Its files of the shell are read. Absent: a folder of its own, which is empty. */
  readonly home?: string
}

/** Runs a program and its arguments, or one line in a shell, where `mongosh` is the real one. */
export async function withMongosh(
  command: string | readonly string[],
  { variables = {}, input = '', home }: MongoshInput = {},
): Promise<MongoshResult> {
  using folder = temporaryFolder()
  const [program = '', ...words] = typeof command === 'string' ? ['sh', '-c', command] : command
  const PATH = [FETCHED, environment['PATH']].join(delimiter)
  const child = spawn(program, words, { env: { ...environment, PATH, HOME: home ?? folder.path, ...variables } })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, output: stdout + stderr }
}

/** Pastes the text as the administrator, statement after statement as at the prompt. Resolves with the errors, which end nothing there. */
export async function pasteIntoMongosh(url: string, pasted: string): Promise<readonly string[]> {
  const { code, output } = await withMongosh(['mongosh', '--quiet', '--norc', url], { input: pasted })
  if (code !== 0) throw new Error(`exit code ${code} of mongosh\n${output}`)
  return [...output.matchAll(/Uncaught:?\s+(.*)/gu)].map(([, error = '']) => error)
}
