import type { DataWords } from '../../model/data-words.ts'
import type { Fix } from '../../model/fix.ts'
import type { CheckFix, CheckResult, Signs } from '../check.ts'
import type { HeartbeatMode, JobRunner } from '../source-config.ts'

/*
 * The input of the layer 2 checks, for every database. A database gathers the facts read-only and provides the fixes, which are its
 * statements. The checks decide what is found, in which order, and what is left to a person.
 */

/**
 * Reading a part that could not be gathered throws, see `evidenceOf` of the sources. So a check reads only what it needs, and a database
 * provides each part separately.
 */
export interface HeartbeatEvidence {
  /** The source's name in the configuration. */
  readonly source: string
  readonly mode: HeartbeatMode
  /** null in every mode except `job`. */
  readonly by: JobRunner | null
  readonly intervalMs: number
  readonly signs: Signs
  /** The time by our own clock, which `signs` uses too. */
  readonly nowMs: number
  readonly heartbeat: HeartbeatFacts
  /** null: the heartbeat is not written by a job in the database. */
  readonly scheduler: SchedulerFacts | null
  readonly fixes: HeartbeatFixes
  readonly words: DataWords
  /** The database's word for a read-only copy of a primary. */
  readonly replicaWord: 'standby' | 'replica'
}

export interface HeartbeatFacts {
  /** The table or collection, as statements name it. */
  readonly name: string
  /** What contains it, e.g. 'the database shop'. */
  readonly location: string
  /** The user whose privileges apply to our statements. */
  readonly user: string
  /** What it must be, e.g. 'a table streamkap.streamkap_heartbeat with id, text and last_update in the database shop'. */
  readonly expected: string
  readonly table:
    | { readonly is: 'missing' /** What is missing, and where else that name exists. */; readonly found: string }
    /** We have no privilege on it, so whether it exists is not visible. */
    | { readonly is: 'hidden'; readonly found: string }
    /** It has this name, and no heartbeat can be written into it, whatever its columns are. */
    | { readonly is: 'unfit'; readonly found: string }
    /** `lacksColumns`: the missing columns that a beat needs. */
    | { readonly is: 'there'; readonly lacksColumns: readonly string[] }
  /**
   * The privileges that the mode needs; null: not known, or there is no table. `user`: who lacks them, if that is not the user above.
   * `unseen`: why they are not known, for a skip.
   */
  readonly grants:
    | { readonly user?: string; readonly expected: string; readonly lacks: readonly string[] }
    | { readonly unseen: string; readonly needs: string }
    | null
  /** Why our own session cannot write; null: it can. */
  readonly readOnly: { readonly is: 'standby' | 'session'; readonly found: string } | null
  /** null: the table does not exist, cannot be read, or is locked. */
  readonly row: RowFacts | null
  /** What writes heartbeats also inserts the row. Absent: a job only updates it. */
  readonly isUpserted?: true
  /** The setting that makes the server record when the row last changed; null: there is none. */
  readonly keepsTimes: string | null
  /** Another session has locked the table or is waiting for a lock on it, so its rows could not be read. */
  readonly isLocked: boolean
  /** Who locks the row, e.g. 'locked by process 7'; null: no lock is seen. */
  readonly lockedBy: string | null
  /**
   * What can suppress a write of the row. `words`: e.g. 'on the table is the trigger audit'. `expected`: e.g. 'no trigger that keeps the
   * row from being written'. `hidesRow`: it can hide the row from us too. null: nothing is seen.
   */
  readonly suppressedBy: { readonly words: string; readonly expected: string; readonly hidesRow: boolean } | null
}

export interface RowFacts {
  /** The row with id 1 exists. */
  readonly first: boolean
  /** The age of `last_update`, read in our session's time zone; null: there is no row, or its value cannot be read that way. */
  readonly ageMs: number | null
  /** The time since the commit of the row's last change; null: there is no row, or the server keeps no commit times. */
  readonly committedAgoMs: number | null
  /** Writers may use a different time zone than we do. */
  readonly otherZones: boolean
  /** The type of `last_update` is a moment, so no time zone is involved. */
  readonly isMoment?: true
  /** The row was updated after it was inserted, or has the text of a beat; null: not known. */
  readonly updated: boolean | null
}

export type SchedulerFacts =
  /** `nowhere`: the connection is to a replica, and no primary is configured. `why`: why the primary could not be inspected. */
  | { readonly seen: 'nowhere' /** The configuration line that names it. */; readonly primary: string }
  | { readonly seen: 'refused'; readonly why: string }
  | {
      readonly seen: 'scheduler'
      /**
       * The inspected server is a replica, where no job runs. `key`: the part of the configuration that leads there. null: it is no
       * replica.
       */
      readonly replica: { readonly key: string; readonly primary: string } | null
      /** Why `primary` is not the server with the jobs; null: it is, or none is configured. */
      readonly primaryElsewhere: string | null
      /** Why the scheduler runs no jobs, or could not be inspected further; null: it runs. */
      readonly fault: CheckResult | null
      /** Which scheduler it is and where, in words. */
      readonly found: string
      readonly expected: string
      /** null: there is no scheduler. */
      readonly jobs: JobsFacts | null
    }

export type JobsFacts =
  | { readonly seen: false; readonly found: string; readonly needs: string; readonly fix: readonly Fix[] }
  | {
      readonly seen: true
      /** The user whose session listed the jobs. */
      readonly user: string
      /** For when no job is visible and some can be hidden, e.g. 'no job of u itself updates t'. */
      readonly noneOfOurs: string
      /** The list that was read, e.g. 'cron.job in the database postgres'. */
      readonly list: string
      /** Why jobs can be hidden from us, a clause; null: we see all jobs. */
      readonly hides: string | null
      /** The jobs whose command names the heartbeat table, the likeliest first. */
      readonly jobs: readonly JobFacts[]
      /** A job that no longer exists, but whose last run is still logged; null: none is seen. */
      readonly deleted: { readonly name: string; readonly user: string; readonly ranAgoMs: number | null } | null
      /** What makes hidden runs visible, e.g. 'SELECT on the rows of cron.job_run_details'. */
      readonly runsShownBy: string
      /** The schedule formats that we can parse, e.g. 'five fields, or N seconds'. */
      readonly scheduleForms: string
      /** Why runs are not logged; null: they are. */
      readonly runsUnseen: { readonly found: string; readonly needs: string } | null
    }

export interface JobFacts {
  /** The scheduler's own key, for statements. */
  readonly id: string
  /** e.g. 'job 7'. */
  readonly name: string
  /** The database where it runs, if that is not the table's; null: it is the table's. */
  readonly elsewhere: string | null
  readonly user: string
  /** How it is disabled, e.g. 'is disabled'; null: it is enabled. */
  readonly disabled: string | null
  readonly schedule: string
  /** The longest time between two runs; null: the schedule cannot be parsed. */
  readonly gapMs: number | null
  /** What its command changes; null: not known. */
  readonly row: 'the row' | 'another row' | 'no row' | null
  /** `row` in words, e.g. 'updates the row with id = 2'. */
  readonly rowInWords: string
  /** The latest run; null: none is seen. */
  readonly run: RunFacts | null
  /** Whether its owner is allowed to update the row; null: not known. */
  readonly canUpdate: boolean | null
}

export interface RunFacts {
  readonly result: 'changed the row' | 'changed no row' | 'succeeded' | 'failed'
  /** The database's own message, without data. */
  readonly words: string
  readonly agoMs: number | null
}

/** A database's statements. None of them is run here. */
export interface HeartbeatFixes {
  /** Creates the table with its grants and its first row, and adds it to the stream. */
  createTable(): readonly Fix[]
  dropTable(): Fix
  insertRow(): Fix
  /** A command that inserts the row by writing a heartbeat; null: there is none. Absent: likewise. */
  readonly firstHeartbeat?: () => Fix | null
  /** Grants what our user needs on the table. */
  grant(): readonly Fix[]
  grantRead(): Fix
  /** A query that shows the row. */
  readRow(): Fix
  makeWritable(): readonly Fix[]
  /** Ends the locks on the row. */
  unlock(): readonly Fix[]
  /** Removes what suppresses writes of the row. */
  letThrough(): readonly Fix[]
  /** What to check on the primary if the row does not change and no reason is found. */
  checkJob(): readonly Fix[]
  /** What else to check of a job outside the database. Absent: nothing. */
  readonly outsideJob?: readonly Fix[]
  /** null: the database has no scheduler, or it could not be seen. */
  readonly jobs: JobFixes | null
}

export interface JobFixes {
  schedule(): readonly Fix[]
  /** Lets our user see other users' jobs on the table. */
  show(): readonly Fix[]
  enable(job: JobFacts): Fix
  /** Makes the job run in the table's database, change the right row, and run at all. */
  moveHere(job: JobFacts): Fix
  changeRow(job: JobFacts): Fix
  /** Advice instead of a statement if the scheduler cannot run that often. */
  reschedule(job: JobFacts): Fix
  /** Grants what the job's owner needs. */
  grant(job: JobFacts): readonly Fix[]
  insertRow(job: JobFacts): Fix
  /** Fixes for a failure of its last run that is not due to a missing grant or a missing row. */
  explainFailure(job: JobFacts): readonly CheckFix[]
  /** How to check whether the scheduler runs at all. */
  explainSilence(): readonly Fix[]
}
