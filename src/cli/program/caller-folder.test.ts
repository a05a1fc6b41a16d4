import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { callerFolder } from './caller-folder.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../../..', import.meta.url))
const parent = dirname(here)

test.each([
  ['our own script, from elsewhere', { npm_lifecycle_event: 'offbeat', INIT_CWD: '/srv' }, root, '/srv'],
  ['our own script, without the caller’s folder', { npm_lifecycle_event: 'offbeat' }, root, root],
  ['our own script, with an empty folder', { npm_lifecycle_event: 'offbeat', INIT_CWD: '' }, root, root],
  ['another script of ours', { npm_lifecycle_event: 'test', INIT_CWD: '/srv' }, root, root],
  ['a script of this name of another package', { npm_lifecycle_event: 'offbeat', INIT_CWD: '/srv' }, parent, parent],
  ['npx', { npm_lifecycle_event: 'npx', INIT_CWD: '/srv' }, here, here],
  ['no npm', {}, here, here],
])('relative paths start where the caller stands: %s', (_name, environment, workingDirectory, expected) => {
  expect(callerFolder(environment, workingDirectory)).toBe(expected)
})
