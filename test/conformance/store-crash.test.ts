import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { StoreReader } from '../../src/sqlite/store-reader.ts'
import { startChild } from '../support/child.ts'
import { rounds } from '../support/environment.ts'
import { sizeOf } from '../support/store-child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { letPass } from '../support/wait-for.ts'

const ROUNDS = rounds({ usual: 8, all: 20, soak: 500 })
const MOST_LOG_BYTES = 100 * 1024 * 1024
const CHILD = fileURLToPath(new URL('../support/store-child.ts', import.meta.url))

it('promise 3: killed at any point, the store never shows half a transaction, and nothing twice', async () => {
  using folder = temporaryFolder()
  const path = folder.file('offbeat.db')
  const random = seeded(20260101)
  let last = 0
  for (let round = 0; round < ROUNDS; round++) {
    await runAndKill(path, 1 + random() * 120)
    last = await checkedTransactions(path, last)
    // However early each process is killed, the write-ahead log is checkpointed into the file.
    expect(statSync(`${path}-wal`).size).toBeLessThan(MOST_LOG_BYTES)
  }
  expect(last).toBeGreaterThan(ROUNDS)
})

async function runAndKill(path: string, afterMs: number): Promise<void> {
  await using child = startChild(process.execPath, [CHILD, path])
  await child.output(/writing/)
  await letPass(afterMs)
  child.kill('SIGKILL')
  expect(await child.ended).toMatchObject({ code: null, signal: 'SIGKILL', stderr: '' })
}

/** The last transaction in the store. Checks that all transactions are whole, in order, and present once. */
async function checkedTransactions(path: string, atLeast: number): Promise<number> {
  using reader = StoreReader.open(path)
  expect(reader.owner()).toBeNull()
  let transaction = 0
  let next = 0
  for await (const { value } of reader.tail(
    { source: 'shop', topic: null },
    { from: 'beginning', wait: async () => false },
  )) {
    if (next === 0) transaction++
    if (value !== `[${transaction},${next}]`) expect(value).toBe(`[${transaction},${next}]`)
    next = (next + 1) % sizeOf(transaction)
  }
  expect(next).toBe(0)
  expect(reader.offset('shop')?.position ?? '0').toBe(String(transaction))
  expect(transaction).toBeGreaterThanOrEqual(atLeast)
  return transaction
}

/** Random numbers in [0, 1), the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
