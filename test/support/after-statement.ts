import type { PostgresConnection } from '../../src/sources/postgresql/connect/connection.ts'

/** Runs an action once, right after the statement that contains this text was answered for the `times`-th time. */
export function afterStatement(
  connection: PostgresConnection,
  words: string,
  act: () => Promise<unknown>,
  times = 1,
): void {
  const ask = connection.query.bind(connection)
  let left = times
  connection.query = async (text, ...rest) => {
    const rows = await ask(text, ...rest)
    if (text.includes(words) && --left === 0) await act()
    return rows
  }
}
