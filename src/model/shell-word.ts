/** One word of a POSIX shell command, quoted only where necessary. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@,+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
