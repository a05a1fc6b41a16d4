import { readdirSync, readFileSync } from 'node:fs'
import { letPass } from './wait-for.ts'

/**
 * Finds what the run's processes left behind: folders and files in its temporary folder, and processes that carry its mark. Processes that
 * are just ending get some time.
 */
export async function findLeftovers(folder: string, runName: string): Promise<string[]> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const found = [...files(folder), ...processes(runName)]
    if (found.length === 0 || performance.now() > deadline) return found
    await letPass(50)
  }
}

function files(folder: string): string[] {
  return readdirSync(folder).map((name) => `folder or file ${name}`)
}

/** Only Linux shows another process's environment. The run itself and its workers do not count. */
function processes(runName: string): string[] {
  return numbers().flatMap((pid) => {
    if (!text(`/proc/${pid}/environ`).includes(`OFFBEAT_TEST_RUN=${runName}\0`)) return []
    const command = text(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
    if (pid === process.pid || command === '' || command.includes('vitest')) return []
    return [`process ${pid}: ${command}`]
  })
}

function numbers(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
