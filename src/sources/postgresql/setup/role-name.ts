/** Holds the grants; the user is a member of it, so that another user can take its place. */
export const ROLE = 'streamkap_role'
