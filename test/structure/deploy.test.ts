import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { exitCodeOf } from '../../src/cli/program/exit-code.ts'
import { OffbeatError } from '../../src/model/error.ts'
import { ERROR_TABLE, type ErrorCode } from '../../src/model/error-code.ts'

const root = new URL('../..', import.meta.url).pathname
const UNIT = 'deploy/systemd/offbeat.service'
const DOCKERFILE = 'deploy/container/Dockerfile'
const read = (path: string) => readFileSync(join(root, path), 'utf8')

describe('the systemd unit', () => {
  it('is one that systemd takes', (context) => {
    if (spawnSync('systemd-analyze', ['--version']).error !== undefined) {
      context.skip("systemd-analyze is not installed (Debian's package systemd)")
    }
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', UNIT], { cwd: root, encoding: 'utf8' })
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
  })

  it('starts again what another start can fix, and nothing that waits for a person', () => {
    const prevented = /^RestartPreventExitStatus=(.*)$/mu.exec(read(UNIT))?.[1]?.split(' ').map(Number)
    const codes = Object.keys(ERROR_TABLE) as ErrorCode[]
    for (const code of codes) {
      const error = new OffbeatError(code, { message: code })
      if (error.kind === 'notice') continue
      const person = ['configuration', 'permission', 'read-only', 'lost position'].includes(error.kind)
      expect({ code, prevented: prevented?.includes(exitCodeOf(error)) }).toEqual({ code, prevented: person })
    }
  })

  it('gives a stop longer than a stop takes at most', () => {
    expect(Number(/^TimeoutStopSec=(\d+)s$/mu.exec(read(UNIT))?.[1])).toBeGreaterThan(10)
  })
})

describe('the container file', () => {
  const lines = read(DOCKERFILE).replaceAll('\\\n', '').split('\n')
  const argumentsOf = (instruction: string) =>
    lines.flatMap((line) => (line.startsWith(`${instruction} `) ? [line.slice(instruction.length + 1).trim()] : []))

  it('copies what is there', () => {
    const copied = argumentsOf('COPY').filter((words) => !words.startsWith('--from='))
    expect(copied.length).toBeGreaterThan(3)
    for (const path of copied.flatMap((words) => words.split(/\s+/u).slice(0, -1))) {
      expect({ path, there: existsSync(join(root, path)) }).toEqual({ path, there: true })
    }
  })

  it('runs scripts and commands that exist, and not as root', () => {
    const { scripts, bin } = JSON.parse(read('package.json')) as { scripts: object; bin: { offbeat: string } }
    for (const [, script] of read(DOCKERFILE).matchAll(/npm run (\w+)/gu))
      expect(scripts).toHaveProperty([script ?? ''])
    expect(read(DOCKERFILE)).toContain(`ln -s /opt/offbeat/${bin.offbeat} `)
    expect(argumentsOf('USER')).toEqual(['node'])
    const names = commandList.map(({ name }) => name)
    const [health = '[]'] = argumentsOf('HEALTHCHECK').map((words) => words.slice(words.indexOf('[')))
    expect(JSON.parse(health)).toEqual(['offbeat', 'health', '--quiet'])
    expect(names).toEqual(expect.arrayContaining(['health', JSON.parse(argumentsOf('CMD')[0] ?? '[]')[0]]))
    expect(argumentsOf('ENTRYPOINT')).toEqual(['["tini", "--", "offbeat"]'])
  })

  it('has no secret in a layer', () => {
    expect(argumentsOf('ARG')).toEqual([])
    expect(argumentsOf('ENV').filter((words) => /pass|token|secret|url/iu.test(words))).toEqual([])
  })
})
