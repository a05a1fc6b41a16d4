import type { UrlParameters } from '../url-parameter.ts'

const notSupported =
  'application_name channel_binding client_encoding connect_timeout dbname gssencmode hostaddr keepalives options passfile password port replication service sslcrl sslpassword sslsni target_session_attrs user'

/** The parameters with libpq's names. */
export const LIBPQ_PARAMETERS: UrlParameters = {
  known: {
    sslmode: {
      sets: 'mode',
      values: { disable: 'disable', require: 'require', 'verify-ca': 'verify-ca', 'verify-full': 'verify-full' },
    },
    sslrootcert: { sets: 'ca' },
    sslcert: { sets: 'cert' },
    sslkey: { sets: 'key' },
  },
  refused: {
    ...Object.fromEntries(notSupported.split(' ').map((name) => [name, null])),
    ssl: 'write sslmode=require, or better sslmode=verify-full',
    host: 'write it as the host; in the folder of a socket write %2F for each /',
  },
}
