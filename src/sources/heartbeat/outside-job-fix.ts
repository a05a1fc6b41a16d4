import { forPerson } from '../../model/fix.ts'

/** The fix for a job outside the database whose heartbeats do not come. */
export const OUTSIDE_JOB_FIX = forPerson(
  'check the job outside the database: it must run `offbeat beat` once an interval, which shows by hand why a heartbeat fails; if it was never installed, `offbeat setup SOURCE --as crontab` prints it',
)
