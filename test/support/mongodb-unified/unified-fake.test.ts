import { describe, expect, test } from 'vitest'
import { thorough } from '../environment.ts'
import { type FakeMongodb, fakeMongodb } from '../mongodb-fake/fake-mongodb.ts'
import { Deployment } from './deployment.ts'
import { ERROR_CASES, FAKE_ERROR_CASES } from './error-cases.ts'
import { EVENT_CASES } from './event-cases.ts'
import { EXPANDED_CASES } from './expanded-cases.ts'
import { IMAGE_CASES } from './image-cases.ts'
import { PROSE_CASES } from './prose-cases.ts'
import { runProseCase } from './run-prose-case.ts'
import { runStreamCase } from './run-stream-case.ts'
import { runWriteCase } from './run-write-case.ts'
import { isAbout, type Requirement } from './unified-case.ts'
import { WRITE_CASES } from './write-cases.ts'

/* The fake is held to the published cases here, by the real driver. */

const RELEASES = {
  '4.4': [4, 4],
  '5.0': [5, 0],
  '6.0': [6, 0],
  '7.0': [7, 0],
  '8.0': [8, 0],
  '8.2': [8, 2],
} as const
const VERSIONS = ['4.4', '5.0', '6.0', '7.0', '8.0', '8.2'] as const
const OLDEST_AND_NEWEST: readonly string[] = ['4.4', '8.2']

const DEPLOYMENTS = [
  ...VERSIONS.map((version) => ({ topology: 'replicaSet', version }) as const),
  ...(thorough ? VERSIONS : (['8.2'] as const)).map((version) => ({ topology: 'mongos', version }) as const),
  { topology: 'standalone', version: '8.2' } as const,
]

async function deploymentOf(fake: FakeMongodb): Promise<Deployment> {
  let count = 0
  const createDatabase = () => {
    count += 1
    return `unified_${count}`
  }
  return await Deployment.at({ url: fake.url(), createDatabase, isOwn: true })
}

describe.each(DEPLOYMENTS)('$topology of $version', ({ topology, version }) => {
  const about = { topology, release: RELEASES[version] }
  // What the releases between the oldest and the newest do at errors is the same.
  const isWhole = thorough || (topology !== 'mongos' && OLDEST_AND_NEWEST.includes(version))
  const errors = isWhole ? [...ERROR_CASES, ...FAKE_ERROR_CASES] : []
  const here = (one: Requirement) => isAbout(one, about)

  async function run(one: (on: Deployment) => Promise<string | null>): Promise<void> {
    await using fake = await fakeMongodb({ shape: topology, version })
    await using on = await deploymentOf(fake)
    expect(await one(on)).toBeNull()
  }

  // Not `test.each`, which cuts long names.
  for (const one of [...EVENT_CASES, ...EXPANDED_CASES, ...IMAGE_CASES, ...errors].filter(here))
    test.concurrent(one.name, async () => await run((on) => runStreamCase(on, one)))

  for (const one of (isWhole ? PROSE_CASES : []).filter(here))
    test.concurrent(one.name, async () => await run((on) => runProseCase(on, one)))

  for (const one of (isWhole ? WRITE_CASES : []).filter(here))
    test.concurrent(one.name, async () => await run((on) => runWriteCase(on, one)))
})
