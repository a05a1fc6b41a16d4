#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Run straight from source, what has had its types taken out once need not be worked on at the next start. What is published is as fast without.
if (import.meta.filename.endsWith('.ts')) {
  enableCompileCache(new URL('../../node_modules/.cache/offbeat', import.meta.url).pathname)
}
const { start } = await import('./start.ts')
process.exitCode = await start(process)
