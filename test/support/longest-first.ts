import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The slowest files, longest first. Most of their time is waiting. It matters little if the list is out of date. */
export const LONGEST: readonly string[] = [
  'test/e2e/doctor-lost-position.test.ts',
  'test/e2e/secrets.test.ts',
  'test/integration/postgresql-doctor-job.test.ts',
  'test/e2e/large-values.test.ts',
  'test/e2e/large-values-mysql.test.ts',
  'test/e2e/flink.test.ts',
  'test/structure/package.test.ts',
  'test/e2e/demo.test.ts',
  'test/e2e/demo-mysql.test.ts',
  'test/e2e/demo-mongodb.test.ts',
  'test/e2e/doctor-configuration.test.ts',
  'test/e2e/faults-our-process.test.ts',
  'test/e2e/faults-network.test.ts',
  'test/e2e/faults-store.test.ts',
  'test/integration/postgresql-job-silence.test.ts',
  'test/e2e/log-story.test.ts',
  'test/integration/postgresql-slot-waits.test.ts',
]

/**
 * Starts the slow files first, so that no worker is left with a long file at the end. The other files are in vitest's order, by their last
 * duration or their size.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files)
    return others.toSorted((a, b) => rank(a) - rank(b))
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = LONGEST.findIndex((path) => moduleId.endsWith(path))
  return at === -1 ? LONGEST.length : at
}
