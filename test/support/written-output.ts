import { waitFor } from './wait-for.ts'

/** What a program writes while it runs. */
export interface WrittenOutput {
  /** For the failure: which program. */
  readonly name: string
  stdout(): string
  stderr(): string
  hasEnded(): boolean
}

/** Waits until its standard output or standard error matches; fails with the output when it ends before. */
export async function outputMatching(program: WrittenOutput, pattern: RegExp): Promise<RegExpExecArray> {
  return await waitFor({ until: `the output of ${program.name} matches ${pattern}` }, () => {
    const found = pattern.exec(program.stdout()) ?? pattern.exec(program.stderr())
    if (found === null && program.hasEnded()) {
      throw new Error(`it ended without writing ${pattern}:\n${program.stdout()}\n${program.stderr()}`)
    }
    return found
  })
}
