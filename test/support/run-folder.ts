import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environment } from './environment.ts'

const MEMORY = '/dev/shm'
/** Several times what a run has been seen to fill (1.2 GB), and as much again for its processes. */
const ROOM_BYTES = 4 * 1024 ** 3
const MEMORY_BYTES = 2 * ROOM_BYTES

/**
 * A folder for all of a run's temporary files, open to all users. It lies in memory where there is enough of it and TMPDIR does not
 * say otherwise: creating and deleting the files of servers is a large part of a test's work, and several times as much on a disk.
 */
export function makeRunFolder(label: string): string {
  const inMemory = hasMemory() ? makeFolder(MEMORY, label) : null
  if (inMemory !== null && runsPrograms(inMemory)) return inMemory
  if (inMemory !== null) rmSync(inMemory, { recursive: true })
  return makeFolder(tmpdir(), label)
}

function hasMemory(): boolean {
  return environment['TMPDIR'] === undefined && room() >= ROOM_BYTES && process.availableMemory() >= MEMORY_BYTES
}

function room(): number {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize
  } catch {
    return 0
  }
}

function makeFolder(parent: string, label: string): string {
  const folder = realpathSync(mkdtempSync(join(parent, `offbeat-${label}-`)))
  chmodSync(folder, 0o755)
  return folder
}

/** Some systems forbid it there. */
function runsPrograms(folder: string): boolean {
  const program = join(folder, 'program')
  try {
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
    execFileSync(program)
    return true
  } catch {
    return false
  } finally {
    rmSync(program, { force: true })
  }
}
