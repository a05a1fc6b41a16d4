import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, most of it waiting; the longest first. It matters little if the list is out of date. */
export const LONGEST: readonly string[] = [
  'test/e2e/doctor-lost-position.test.ts',
  'test/e2e/secrets.test.ts',
  'test/integration/postgresql-doctor-job.test.ts',
  'test/e2e/large-values.test.ts',
  'test/e2e/flink.test.ts',
  'test/structure/package.test.ts',
  'test/e2e/demo.test.ts',
  'test/e2e/doctor-configuration.test.ts',
  'test/e2e/faults-our-process.test.ts',
  'test/e2e/faults-network.test.ts',
  'test/e2e/faults-store.test.ts',
  'test/integration/postgresql-job-silence.test.ts',
  'test/e2e/log-story.test.ts',
  'test/integration/postgresql-slot-waits.test.ts',
]

/** So that no worker is left alone with a long file in the end: known long files first, the others as vitest has it, by their last duration or their size. */
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
