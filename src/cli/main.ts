#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// What has been compiled once is not compiled again at the next start; where no cache can be kept, nothing is said and nothing is lost.
enableCompileCache()
const { start } = await import('./start.ts')
process.exitCode = await start(process)
