import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { resourceName } from './cron-job.ts'
import { beatForms, clientForms, clientTexts, outsideBeat } from './outside-form.ts'

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
    metadata: { name: resourceName('Shop_1') },
    spec: {
      schedule: JOB.schedule,
      jobTemplate: { spec: { template: { spec: { containers: [{ image: JOB.image, command: JOB.command }] } } } },
    },
  })
})

it('a client that reads no file is given the password by the shell of the crontab, and one without a login none', () => {
  const password = { of: 'u', variable: 'SECRET', file: '~/.secret', fileByShell: true }
  const [line] = clientTexts({ ...JOB, command: ['mongosh', '%$x'], password })
  expect(line).toContain(`*/5 * * * * SECRET="$(cat ~/.secret)" mongosh '\\%$x'\n`)
  const texts = clientTexts({ ...JOB, command: ['mongosh'], password: null, files: ['/ca.pem'] })
  expect(texts.join('')).not.toMatch(/password|secret/iu)
  expect(texts[1]).toContain('# The client reads the file /ca.pem: mount it in the container.\n')
})

it('the job of `by: external` runs `offbeat beat`, with the configuration from a Secret', () => {
  const [crontab, cronjob] = beatForms(JOB)
  expect(crontab?.text).toMatch(
    /^\*\/5 \* \* \* \* offbeat beat Shop_1 --quiet --config \/etc\/offbeat\/offbeat.yaml$/mu,
  )
  const { template } = parse(cronjob?.text ?? '').spec.jobTemplate.spec
  expect(template.spec).toMatchObject({
    volumes: [{ name: 'configuration', secret: { secretName: `${resourceName('Shop_1')}-config` } }],
    containers: [{ command: expect.arrayContaining(['offbeat', 'beat', 'Shop_1']), envFrom: expect.anything() }],
  })
})

it.each([
  [30_000, '* * * * *', /at most once a minute, and the interval is 30 s/u],
  [60_000, '* * * * *', null],
  [7 * 60_000, '*/7 * * * *', null],
  [90 * 60_000, '0 * * * *', /no period of .*: this one runs every hour,/u],
  [120 * 60_000, '0 */2 * * *', null],
])('every form for an interval of %i ms says what cron cannot do', (intervalMs, schedule, note) => {
  const beat = outsideBeat({ source: 'shop' }, intervalMs)
  expect(beat).toMatchObject({ schedule })
  for (const { text } of [...beatForms(beat), ...clientForms({ ...JOB, ...beat })]) {
    const said = text.split('\n').filter((line) => line.startsWith('# Cron '))
    expect(said).toEqual(note === null ? [] : [expect.stringMatching(note)])
  }
})

it('a crontab of this machine names the real configuration, a container the mounted one', () => {
  const beat = outsideBeat({ source: 'shop', configuration: '/home/me/my files/100%.yaml' }, 60_000)
  const [crontab, cronjob] = beatForms(beat)
  const command = "offbeat beat shop --quiet --config '/home/me/my files/100\\%.yaml'"
  expect(crontab?.text).toContain(`* * * * * ${command}\n`)
  expect(clientForms({ ...JOB, ...beat })[0]?.text).toContain(`# * * * * * ${command}\n`)
  expect(cronjob?.text).not.toContain('/home/me')
})
