import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environment } from './environment.ts'

const MEMORY = '/dev/shm'
/** Several times the most that a run has been seen to use (1.2 GB), and the same amount again for its processes. */
const ROOM_BYTES = 4 * 1024 ** 3
const MEMORY_BYTES = 2 * ROOM_BYTES

/**
 * Creates a folder for all temporary files of a run, accessible to all users. It is in memory if there is enough and TMPDIR is not set:
 * creating and deleting server files is a large part of a test's work, and takes several times as long on a disk.
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

/** Whether programs can be run from the folder. Some systems forbid it for folders in memory. */
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
