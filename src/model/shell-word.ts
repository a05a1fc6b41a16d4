/** One word of a POSIX shell's line, in quotes only where it needs them. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@,+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
