/** Which row of the heartbeat table a job's command changes: its id; null: it cannot be told. The command itself is never shown. */
export function rowOfCommand(command: string): { readonly id: string } | 'no update' | null {
  const words = command.replaceAll(/--[^\n]*/g, ' ')
  if (!/\bupdate\b/i.test(words)) return /^\s*(insert\s+into|delete\s+from)\b/i.test(words) ? 'no update' : null
  const [, id] = /\bwhere\b[^;]*?\b"?id"?\s*=\s*'?(\d+)'?/i.exec(words) ?? []
  if (id !== undefined) return { id }
  // An upsert names the row among its values.
  return /\bon\s+conflict\b/i.test(words) ? null : 'no update'
}

/**
 * The words of a run of the job that may be repeated. Those of a failed statement can hold a row's value: of them only the first line,
 * and only where it names objects and privileges alone.
 */
export function safeWords(message: string): string {
  const [first = ''] = message.split('\n')
  const named =
    /^(ERROR:\s+)?(permission denied for (table|schema|relation|sequence|database) \S+|(relation|column|schema|role|database) "[^"]*"( of relation "[^"]*")? does not exist|cannot execute \w+ in a read-only transaction|connection failed|job startup timeout|could not .* database "[^"]*"|canceling statement due to \w+ timeout)$/i
  const tag = /^(UPDATE|INSERT 0|DELETE|SELECT) \d+$/
  if (named.test(first) || tag.test(first)) return first
  return 'a message that may contain data, see cron.job_run_details'
}
