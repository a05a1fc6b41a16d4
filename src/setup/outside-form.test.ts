import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { beatForms, clientForms } from './outside-form.ts'

const JOB = {
  source: 'Shop_1',
  schedule: '*/5 * * * *',
  command: ['psql', "host=db dbname='100% #1'", '-c', "SELECT 'it''s'"],
  image: 'postgres:18',
  password: { of: 'streamkap_user', variable: 'PGPASSWORD', file: '~/.pgpass' },
}

const formOf = (form: string, job = JOB) => clientForms(job).find((one) => one.form === form)?.text ?? ''

it('a crontab has the command on one line, quoted for its shell, each % escaped', () => {
  const line = formOf('crontab')
    .split('\n')
    .find((one) => !one.startsWith('#'))
  expect(line).toBe(`*/5 * * * * psql 'host=db dbname='\\''100\\% #1'\\''' -c 'SELECT '\\''it'\\'''\\''s'\\'''`)
})

it('a Kubernetes CronJob is YAML with the command as it is', () => {
  expect(parse(formOf('cronjob'))).toMatchObject({
    kind: 'CronJob',
    metadata: { name: 'offbeat-shop-1' },
    spec: {
      schedule: JOB.schedule,
      jobTemplate: { spec: { template: { spec: { containers: [{ image: JOB.image, command: JOB.command }] } } } },
    },
  })
  const long = parse(formOf('cronjob', { ...JOB, source: `a${'é_'.repeat(60)}` }))
  expect(long.metadata.name).toMatch(/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/u)
})

it('the job of `by: external` runs `offbeat beat`, with the configuration from a Secret', () => {
  const [crontab, cronjob] = beatForms(JOB)
  expect(crontab?.text).toMatch(
    /^\*\/5 \* \* \* \* offbeat beat Shop_1 --quiet --config \/etc\/offbeat\/offbeat.yaml$/mu,
  )
  const { template } = parse(cronjob?.text ?? '').spec.jobTemplate.spec
  expect(template.spec).toMatchObject({
    volumes: [{ name: 'configuration', secret: { secretName: 'offbeat-shop-1-config' } }],
    containers: [{ command: expect.arrayContaining(['offbeat', 'beat', 'Shop_1']), envFrom: expect.anything() }],
  })
})
