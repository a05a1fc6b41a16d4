/** Who may run a PostgreSQL server. */
export const SERVICES = ['self-managed', 'rds', 'aurora', 'cloud-sql', 'azure', 'alloydb', 'supabase', 'neon'] as const
