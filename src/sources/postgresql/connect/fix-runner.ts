/* The roles that can run the statements that are printed. */

export const SUPERUSER = 'a superuser'
export const TABLE_OWNER = "the table's owner or a superuser"
export const DATABASE_OWNER = "the database's owner or a superuser"
export const PUBLISHER = "the publication's owner, who owns the tables too, or a superuser"
export const JOB_OWNER = "the job's owner or a superuser"
export const REPLICATION = 'a role with REPLICATION'
