/** Inserts a row with the next id into the table `orders`. Returns the key of its message. */
export async function insertOrder(
  sql: (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>,
): Promise<string> {
  await sql("INSERT INTO orders (id, what) SELECT coalesce(max(id), 0) + 1, '' FROM orders")
  const [row] = await sql('SELECT max(id) AS id FROM orders')
  return `{"id":${String(row?.['id'])}}`
}
