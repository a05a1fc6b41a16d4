#!/usr/bin/env node
import * as modules from 'node:module'
import { fileURLToPath } from 'node:url'
import { oldNodeComplaint } from './program/required-node.ts'

// The imports above must load on an old Node (which has no enableCompileCache to import). The rest is loaded after the version check.
const complaint = oldNodeComplaint(process.versions.node)
if (complaint === null) {
  // Compiled code is kept beside the code that it is made from: a user who can write there could change that too. Where this user cannot, or with
  // NODE_DISABLE_COMPILE_CACHE=1, Node works without it.
  modules.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/offbeat', import.meta.url)))
  const { start } = await import('./program/start.ts')
  process.exitCode = await start(process)
} else {
  process.stderr.write(`${complaint}\n`)
  process.exitCode = 2
}
