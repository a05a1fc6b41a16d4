import type { TestContext } from 'vitest'

/** One line of the fault matrix in docs/operations.md. */
export interface Fault {
  /** What is done to us, the server or what lies between. */
  readonly fault: string
  /** What `status` says meanwhile, where the test has seen it. */
  readonly verdict: string | null
  readonly result: string
}

declare module 'vitest' {
  interface TaskMeta {
    fault?: Fault
  }
}

/** To be called as a test's last word: the matrix is made from the tests that came so far. */
export function proven({ task }: TestContext, fault: Fault): void {
  task.meta.fault = fault
}
