import { expect, test } from 'vitest'
import type { ConnectorStatus } from '../../src/model/source-status.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { type RunningOffbeat, runningOffbeat } from '../support/running-offbeat.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

interface Report {
  readonly sources: readonly {
    readonly connector: ConnectorStatus
    readonly checks: readonly {
      readonly id: string
      readonly status: string
      readonly code: string | null
      readonly found: string
    }[]
  }[]
}

async function asked(shop: Shop, ...args: readonly string[]) {
  const { code, stdout } = await runOffbeat([...args, 'shop', '--json'], { cwd: shop.folder.path })
  const [source] = (JSON.parse(stdout) as Report).sources
  if (source === undefined) throw new Error(`no source in ${stdout}`)
  return { code, source }
}

function levels(running: RunningOffbeat, code: string): readonly string[] {
  return running
    .stderr()
    .split('\n')
    .filter((line) => line.includes('trying again') && line.includes(code))
    .map((line) => String((JSON.parse(line) as { level: string }).level))
}

/** Refuses the sessions that read the log, and no others. */
const GATE = `
  CREATE FUNCTION gate() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM pg_stat_activity WHERE pid = pg_backend_pid() AND backend_type = 'walsender')
    THEN RAISE EXCEPTION 'planted' USING ERRCODE = '28000'; END IF; END $$;
  CREATE EVENT TRIGGER gate ON login EXECUTE FUNCTION gate();
  ALTER EVENT TRIGGER gate ENABLE ALWAYS`

test.skipIf(postgresqlMissing(18) !== null)(
  'an unclassified error is retried, logged as an error, shown by status and doctor with what failed, and over when it is fixed',
  async () => {
    await using server = await startPostgresql({ version: 18 })
    await using shop = await openShop(server)
    await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
    await running.output(/slot .*was created/u)
    await shop.sql(GATE)
    await shop.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'walsender'")
    await waitFor({ until: 'it was refused three times' }, () => {
      return levels(running, 'POSTGRES_FUNCTION_FAILED').length >= 3
    })
    expect(levels(running, 'POSTGRES_FUNCTION_FAILED').slice(1)).toEqual(expect.arrayContaining(['error']))

    const { source } = await asked(shop, 'status')
    expect(source.connector).toMatchObject({
      running: true,
      retrying: {
        what: 'stream',
        code: 'POSTGRES_FUNCTION_FAILED',
        message: expect.stringContaining('function public.gate()'),
      },
    })
    expect(source.connector.retrying?.attempts).toBeGreaterThanOrEqual(3)
    const text = await runOffbeat(['status', 'shop'], { cwd: shop.folder.path })
    expect(text.stdout).toMatch(/retrying +the stream for [\s\S]*attempts, because of\s+POSTGRES_FUNCTION_FAILED/u)

    const examined = await asked(shop, 'doctor')
    const finding = examined.source.checks.find(({ id }) => id === 'offbeat.connector')
    expect(finding).toMatchObject({ status: 'fail', code: 'CONNECTOR_RETRYING' })
    expect(finding?.found).toMatch(/retrying the stream for .* attempts, because of\s+POSTGRES_FUNCTION_FAILED/u)
    expect(running.stderr() + JSON.stringify(examined)).not.toContain('planted')

    await shop.sql('ALTER EVENT TRIGGER gate DISABLE')
    await running.output(/streaming again after/u)
    await waitFor({ until: 'nothing is retried' }, async () => {
      return (await asked(shop, 'status')).source.connector.retrying === null
    })
    // On a busy machine an inspection of a moment ago can be late, which is also retried.
    await waitFor({ until: 'the doctor reports nothing of the connector' }, async () => {
      return (await asked(shop, 'doctor')).source.checks.every(({ id }) => id !== 'offbeat.connector')
    })
  },
)
