import type { Fix } from '../../model/fix.ts'
import type { CheckFix, CheckResult, Signs } from '../check.ts'
import type { HeartbeatMode, JobRunner } from '../source-config.ts'

/*
 * What the checks of layer 2 use, whatever the database is. A database gathers the facts by reading alone, and gives the
 * fixes, its statements; what is found, in which order, and what is left to a person is decided here.
 */

/**
 * A part that the database could not see throws when it is read, see `evidenceOf` of the sources: so a check reads no more than it needs, and a
 * database gives each part by itself.
 */
export interface HeartbeatEvidence {
  /** The source's name in the configuration. */
  readonly source: string
  readonly mode: HeartbeatMode
  /** null in every mode but `job`. */
  readonly by: JobRunner | null
  readonly intervalMs: number
  readonly signs: Signs
  /** By our own clock, as the times of `signs` are. */
  readonly nowMs: number
  readonly heartbeat: HeartbeatFacts
  /** null: the heartbeat is none of a job in the database. */
  readonly scheduler: SchedulerFacts | null
  readonly fixes: HeartbeatFixes
}

export interface HeartbeatFacts {
  /** The table or collection, as statements name it. */
  readonly name: string
  /** Where it is, e.g. 'the database shop'. */
  readonly place: string
  /** The user whose privileges count for our statements. */
  readonly user: string
  /** What it must be, e.g. 'a table streamkap.streamkap_heartbeat with id, text and last_update in the database shop'. */
  readonly expected: string
  readonly table:
    | { readonly is: 'missing' /** What is missing, and where one of its name is. */; readonly found: string }
    /** `lacksColumns`: names of those that a beat needs. */
    | { readonly is: 'there'; readonly lacksColumns: readonly string[] }
  /** What the mode needs; null: not known, or there is no table. */
  readonly grants: { readonly expected: string; readonly lacks: readonly string[] } | null
  /** Why our own session cannot write; null: it can. */
  readonly readOnly: { readonly is: 'standby' | 'session'; readonly found: string } | null
  /** null: the table is not there, cannot be read, or is locked. */
  readonly row: RowFacts | null
  /** What makes the server keep the time of the row's last change; null: nothing does. */
  readonly keepsTimes: string | null
  /** Another session locks the table, or waits to: its rows could not be read. */
  readonly isLocked: boolean
  /** Who locks the row, e.g. 'locked by process 7'; null: nobody is seen. */
  readonly lockedBy: string | null
  /**
   * What can turn a write of the row into nothing, e.g. 'on the table is the trigger audit', and what must not be there, e.g. 'no trigger
   * that keeps the row from being written'. `hidesRow`: it can hide the row from us too. null: nothing is seen.
   */
  readonly suppressedBy: { readonly words: string; readonly expected: string; readonly hidesRow: boolean } | null
}

export interface RowFacts {
  /** The row with id 1 is there. */
  readonly first: boolean
  /** Since `last_update`, read in our session's time zone; null: no row, or none that can be read so. */
  readonly ageMs: number | null
  /** Since the commit of the row's last change; null: no row, or the server keeps no commit times. */
  readonly committedAgoMs: number | null
  /** Writers may have another time zone than we. */
  readonly otherZones: boolean
  /** It was updated after it was inserted, or has the text of a beat; null: not known. */
  readonly updated: boolean | null
}

export type SchedulerFacts =
  /** `nowhere`: the connection is to a replica, and no primary is configured. `why`: why the primary could not be inspected. */
  | { readonly seen: 'nowhere' /** The line of the configuration that names it. */; readonly primary: string }
  | { readonly seen: 'refused'; readonly why: string }
  | {
      readonly seen: 'scheduler'
      /** The server that was inspected is a replica, where no job runs. `key`: which part of the configuration leads there. */
      readonly replica: { readonly key: string; readonly primary: string } | null
      /** Why `primary` is not where the jobs are; null: it is, or there is none. */
      readonly primaryElsewhere: string | null
      /** Why it runs no job, or could not be inspected further; null: it runs. */
      readonly fault: CheckResult | null
      /** Which it is and where, for people. */
      readonly found: string
      readonly expected: string
      /** null: there is no scheduler to have any. */
      readonly jobs: JobsFacts | null
    }

export type JobsFacts =
  | { readonly seen: false; readonly found: string; readonly needs: string; readonly fix: readonly Fix[] }
  | {
      readonly seen: true
      /** The user whose session listed them. */
      readonly user: string
      /** What is listed, e.g. 'cron.job in the database postgres'. */
      readonly list: string
      /** Why jobs can be hidden from us, a clause; null: all are seen. */
      readonly hides: string | null
      /** Those whose command names the heartbeat table, the likeliest first. */
      readonly jobs: readonly JobFacts[]
      /** Whose last run is logged, and which does not exist any more; null: none is seen. */
      readonly deleted: { readonly name: string; readonly user: string; readonly ranAgoMs: number | null } | null
      /** What shows runs that are hidden from us, e.g. 'SELECT on the rows of cron.job_run_details'. */
      readonly runsShownBy: string
      /** The forms of a schedule that are understood, e.g. 'five fields, or N seconds'. */
      readonly scheduleForms: string
      /** Why runs are not logged; null: they are. */
      readonly runsUnseen: { readonly found: string; readonly needs: string } | null
    }

export interface JobFacts {
  /** The scheduler's own key, for statements. */
  readonly id: string
  /** e.g. 'job 7'. */
  readonly name: string
  /** Where it runs, if that is not where the table is; null: it is. */
  readonly elsewhere: string | null
  readonly user: string
  readonly isActive: boolean
  readonly schedule: string
  /** The longest time between two runs; null: the schedule is not understood. */
  readonly gapMs: number | null
  /** What its command changes; null: it is not known. */
  readonly row: 'the row' | 'another row' | 'no row' | null
  /** The same, e.g. 'updates the row with id = 2'. */
  readonly rowInWords: string
  /** The newest run; null: none is seen. */
  readonly run: RunFacts | null
  /** What its owner is allowed to do; null: not known. */
  readonly canUpdate: boolean | null
}

export interface RunFacts {
  readonly result: 'changed the row' | 'changed no row' | 'succeeded' | 'failed'
  /** The database's words, without data. */
  readonly words: string
  readonly agoMs: number | null
}

/** The statements of one database. None is run here. */
export interface HeartbeatFixes {
  /** Creates the table with its grants and its first row, and makes the stream show it. */
  createTable(): readonly Fix[]
  dropTable(): Fix
  insertRow(): Fix
  /** What our user needs on the table. */
  grant(): readonly Fix[]
  grantRead(): Fix
  /** A query that shows the row. */
  readRow(): Fix
  makeWritable(): readonly Fix[]
  /** What ends the locks on the row. */
  unlock(): readonly Fix[]
  /** What lets writes of the row through. */
  letThrough(): readonly Fix[]
  /** What to check on the primary when the row does not change and no reason is found. */
  checkJob(): readonly Fix[]
  /** null: there is no scheduler in the database, or it was not seen. */
  readonly jobs: JobFixes | null
}

export interface JobFixes {
  schedule(): Fix
  /** Lets our user see the jobs of others on the table. */
  show(): readonly Fix[]
  enable(job: JobFacts): Fix
  /** Makes it run where the table is, change the right row, and run at all. */
  moveHere(job: JobFacts): Fix
  changeRow(job: JobFacts): Fix
  /** A sentence where the scheduler cannot run as often. */
  reschedule(job: JobFacts): Fix
  /** What the job's owner needs. */
  grant(job: JobFacts): readonly Fix[]
  insertRow(job: JobFacts): Fix
  /** Against the failure of its last run, which is none of a grant or of a missing row. */
  explainFailure(job: JobFacts): readonly CheckFix[]
  /** Whether the scheduler runs at all. */
  explainSilence(): readonly Fix[]
}
