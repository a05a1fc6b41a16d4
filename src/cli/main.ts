#!/usr/bin/env node
import * as modules from 'node:module'
import { oldNodeComplaint } from './program/required-node.ts'

// Only what an old Node can load stands above (it has no enableCompileCache to import); the rest is loaded once its version has been looked at.
const complaint = oldNodeComplaint(process.versions.node)
if (complaint === null) {
  // Run straight from source, what has had its types taken out once need not be worked on at the next start. What is published is as fast without.
  if (import.meta.filename.endsWith('.ts')) {
    modules.enableCompileCache(new URL('../../node_modules/.cache/offbeat', import.meta.url).pathname)
  }
  const { start } = await import('./program/start.ts')
  process.exitCode = await start(process)
} else {
  process.stderr.write(`${complaint}\n`)
  process.exitCode = 2
}
