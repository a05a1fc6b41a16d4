/** The forms of a job outside the database: the values of `setup --as`, each with what it is. Not every database has all. */
export const OUTSIDE_FORMS = {
  crontab: 'a line of a crontab',
  cronjob: 'a Kubernetes CronJob',
  'crontab-mongosh': 'a line of a crontab that runs mongosh',
  'cronjob-mongosh': 'a Kubernetes CronJob that runs mongosh',
  atlas: 'a scheduled trigger of Atlas',
} as const

export type OutsideForm = keyof typeof OUTSIDE_FORMS
