import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { environment } from '../support/environment.ts'
import { recordingContext } from '../support/recording-context.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** A folder with two configurations, `offbeat` on the path, and the script of this shell. */
async function folderFor(shell: string): Promise<TemporaryFolder> {
  const folder = temporaryFolder()
  // Nobody who presses Tab has set the variables that the file needs.
  writeFileSync(folder.file('offbeat.yaml'), 'sources:\n  shop: { url: "${UNSET}" }\n  shipping: { kind: oracle }\n')
  writeFileSync(folder.file('other.yaml'), 'sources: { warehouse: {} }\n')
  writeFileSync(folder.file('offbeat'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, { mode: 0o755 })
  const context = recordingContext()
  expect(await runProgram(commandList, ['completion', shell], context, '1.2.3')).toBe(0)
  writeFileSync(folder.file(`script.${shell}`), context.stdout.text)
  return folder
}

async function inShell(shell: string, args: readonly string[], folder: TemporaryFolder): Promise<string> {
  const env = { ...environment, HOME: folder.path, PATH: `${folder.path}:${environment['PATH'] ?? ''}`, TERM: 'xterm' }
  const { stdout, stderr } = await promisify(execFile)(shell, args, { cwd: folder.path, env, timeout: 180_000 })
  expect(stderr).toBe('')
  return stdout
}

type Completer = (folder: TemporaryFolder, line: string) => Promise<readonly string[]>

/** As readline calls it: words and the number of the one with the cursor, `=` being a word of its own. */
const bash: Completer = async (folder, line) => {
  const words = line.split(/ |(?<==)|(?==)/u)
  const script = `source script.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _offbeat; printf '%s\\n' "\${COMPREPLY[@]}"`
  return listed(await inShell('/bin/bash', ['--norc', '-c', script, 'bash', ...words], folder))
}

const fish: Completer = async (folder, line) => {
  const script = `source script.fish; complete -C ${JSON.stringify(line)}`
  const found = listed(await inShell('/usr/bin/fish', ['--no-config', '-c', script], folder))
  return found.map((one) => one.replace(/\t.*/u, '').replace(/^--config=/u, ''))
}

/** In an interactive shell on a terminal of its own, whose `compadd` writes down what it is given to offer. */
const zsh: Completer = async (folder, line) => {
  const file = folder.file('found')
  writeFileSync(file, '')
  const script = `
    zmodload zsh/zpty
    zpty shell 'zsh -f -i'
    zpty -w shell 'autoload -U compinit; compinit -u -D; source script.zsh'
    zpty -w shell 'compadd() {
      local -a found
      if [[ \${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]]; then builtin compadd -O found "$@"; print -rl -- $found >> found; fi
      builtin compadd "$@"
    }'
    zpty -w shell 'complete() { _main_complete; compstate[list]= }; zle -C list list-choices complete'
    zpty -w shell 'finish() { zle list; exit }; zle -N finish; bindkey "^T" finish'
    zpty -w -n shell "$1"$'\\x14'
    while zpty -r shell text; do :; done`
  await inShell('/usr/bin/zsh', ['-f', '-c', script, 'zsh', line], folder)
  return listed(readFileSync(file, 'utf8'))
}

function listed(output: string): readonly string[] {
  return output.split('\n').filter((one) => one !== '')
}

const LINES: readonly (readonly [line: string, some: readonly string[], none: readonly string[]])[] = [
  ['offbeat st', ['status'], ['setup', 'stop']],
  ['offbeat ', ['demo', 'run', 'tail', 'offsets', 'completion', 'help'], ['show', 'shop']],
  ['offbeat offsets ', ['list', 'show', 'set', 'reset', 'skip', 'export', 'import'], ['run']],
  ['offbeat status --', ['--watch', '--every', '--json', '--config', '--help'], ['--limit']],
  ['offbeat offsets set shop --f', ['--from-slot'], ['--file', '--force']],
  ['offbeat tail shop --from ', ['beginning', 'now'], ['shop']],
  ['offbeat tail --from n', ['now'], ['beginning']],
  ['offbeat --log-level ', ['debug', 'info', 'warn', 'error'], ['run']],
  ['offbeat run --log-level w', ['warn'], ['error']],
  ['offbeat status sh', ['shop', 'shipping'], ['warehouse']],
  ['offbeat --json plan ', ['shop', 'shipping'], ['status']],
  ['offbeat doctor shop ', ['shop', 'shipping'], ['warehouse']],
  ['offbeat tail shop ', [], ['shop', 'shipping']],
  ['offbeat --config other.yaml tail ', ['warehouse'], ['shop']],
  ['offbeat tail --config=other.yaml ', ['warehouse'], ['shop']],
  ['offbeat --config o', ['offbeat.yaml', 'other.yaml'], ['offsets']],
  ['offbeat tail --limit ', [], ['shop', 'offbeat.yaml']],
  ['offbeat completion ', ['bash', 'zsh', 'fish', 'sources'], ['shop']],
  ['offbeat help ta', ['tail'], ['status']],
]

describe.each([
  ['bash', '/bin/bash', bash],
  ['zsh', '/usr/bin/zsh', zsh],
  ['fish', '/usr/bin/fish', fish],
] as const)('%s', (shell, path, complete) => {
  test.skipIf(!existsSync(path))(`completes (needs ${path})`, async () => {
    using folder = await folderFor(shell)
    for (const [line, some, none] of LINES) {
      const found = await complete(folder, line)
      expect(found, line).toEqual(expect.arrayContaining([...some]))
      expect(
        found.filter((word) => none.includes(word)),
        line,
      ).toEqual([])
    }
  })
})

test('a shell that there is no script for is refused with those there are', async () => {
  const context = recordingContext()
  expect(await runProgram(commandList, ['completion', 'powershell'], context, '1.2.3')).toBe(2)
  expect(context.stderr.text).toContain('bash, zsh, fish')
})

test('sources are none where there is no configuration or it is broken', async () => {
  using folder = temporaryFolder()
  const names = async () => {
    const context = recordingContext({ workingDirectory: folder.path })
    expect(await runProgram(commandList, ['completion', 'sources'], context, '1.2.3')).toBe(0)
    return { out: context.stdout.text, err: context.stderr.text }
  }
  expect(await names()).toEqual({ out: '', err: '' })
  writeFileSync(folder.file('offbeat.yaml'), 'sources: [\n\t')
  expect(await names()).toEqual({ out: '', err: '' })
})

test('the help says where each script goes', async () => {
  const context = recordingContext({ columns: 100 })
  expect(await runProgram(commandList, ['completion', '--help'], context, '1.2.3')).toBe(0)
  expect(context.stdout.text).toContain('~/.bashrc')
  expect(context.stdout.text).toContain('~/.zshrc')
  expect(context.stdout.text).toContain('~/.config/fish/completions/offbeat.fish')
})
