import type { MysqlServer } from './mysql.ts'
import type { MysqlLog } from './mysql-log.ts'
import { sampledTypes } from './mysql-samples.ts'
import { seededRandom } from './seeded-random.ts'

const STEPS = 60

interface SampledRows {
  readonly seed: number
  /** Types that are left out. */
  readonly without: RegExp
  /** The number of columns is a multiple of eight, so that a bitmap of them has no unused bits. */
  readonly inEights?: boolean
}

/** Writes rows of every type that matches, changed at random with all row images, into a new log file of their own. Returns its path. */
export async function writeSampledRows(
  server: MysqlServer,
  log: MysqlLog,
  { seed, without, inEights = false }: SampledRows,
): Promise<string> {
  const { session } = log
  const types = sampledTypes(server).filter(({ sql }) => !without.test(sql))
  const random = seededRandom(seed)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] ?? (of[0] as T)
  const half = Math.ceil(types.length / 2)
  const tables = [types.slice(0, half), types.slice(half)]
  for (const columns of inEights ? tables : []) columns.push(...types.slice(0, 7 - (columns.length % 8)))
  for (const [t, columns] of tables.entries())
    await session.query(
      `CREATE TABLE t${t} (id int PRIMARY KEY, ${columns.map(({ sql }, i) => `c${i} ${sql}`).join(', ')}) CHARACTER SET utf8mb4`,
    )
  const path = await log.newFile()
  for (let step = 0; step < STEPS; step++) {
    if (step % 5 === 0) await session.query(`SET SESSION binlog_row_image = '${pick(['FULL', 'MINIMAL', 'NOBLOB'])}'`)
    const t = pick([0, 1])
    const columns = tables[t] ?? []
    const row = () => columns.map(({ values }) => pick(['NULL', ...values])).join(', ')
    const set = columns.flatMap(({ values }, i) => (random() < 0.2 ? [`c${i} = ${pick([...values, 'NULL'])}`] : []))
    const id = Math.floor(random() * 20)
    await session.query(
      pick([
        `REPLACE INTO t${t} VALUES (${id}, ${row()}), (${id + 1}, ${row()})`,
        `REPLACE INTO t${t} VALUES (${id}, ${row()})`,
        `UPDATE IGNORE t${t} SET ${[...set, 'id = id'].join(', ')} WHERE id >= ${id}`,
        `DELETE FROM t${t} WHERE id = ${id}`,
      ]),
    )
  }
  return path
}
