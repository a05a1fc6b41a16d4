/** `;` before a comment that ends the statement's last line, else at its end. */
const END = /(?=(?: {2}-- [^\n]*)?$)/u
const ENDED = /;(?: {2}-- [^\n]*)?$/u

/** Lines that are pasted into psql together would be one statement there, and be refused. Commands and words stay as they are. */
export function toBePasted(run: string): string {
  return !/^[A-Z]{2,}\b/u.test(run) || ENDED.test(run) ? run : run.replace(END, ';')
}
