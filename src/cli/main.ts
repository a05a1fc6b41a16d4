#!/usr/bin/env node
import * as modules from 'node:module'
import { oldNodeComplaint } from './required-node.ts'

// Only what an old Node can load stands above; the rest is loaded after its version has been looked at.
const complaint = oldNodeComplaint(process.versions.node)
if (complaint === null) {
  // What has been compiled once is not compiled again at the next start; where no cache can be kept, nothing is said and nothing is lost.
  modules.enableCompileCache()
  const { start } = await import('./start.ts')
  process.exitCode = await start(process)
} else {
  process.stderr.write(`${complaint}\n`)
  process.exitCode = 2
}
