#!/usr/bin/env node
import * as modules from 'node:module'
import { oldNodeComplaint } from './program/required-node.ts'

// The imports above must load on an old Node (which has no enableCompileCache to import). The rest is loaded after the version check.
const complaint = oldNodeComplaint(process.versions.node)
if (complaint === null) {
  // When started from source, this caches the code without its types for the next start. The published build is as fast without it.
  if (import.meta.filename.endsWith('.ts')) {
    modules.enableCompileCache(new URL('../../node_modules/.cache/offbeat', import.meta.url).pathname)
  }
  const { start } = await import('./program/start.ts')
  process.exitCode = await start(process)
} else {
  process.stderr.write(`${complaint}\n`)
  process.exitCode = 2
}
