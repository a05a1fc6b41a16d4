import type { UrlParameters } from '../url-parameter.ts'

const notSupported =
  'allowLocalInfile authentication charset compress connect-timeout connectTimeout connectionTimeout get-server-public-key serverTimezone server-public-key-path socket ssl-capath ssl-cipher ssl-crl timezone tls-version trustCertificateKeyStoreUrl trustCertificateKeyStorePassword zeroDateTimeBehavior'

/** The URL parameters have the names of MySQL's own client options. */
export const MYSQL_PARAMETERS: UrlParameters = {
  known: {
    'ssl-mode': {
      sets: 'mode',
      values: {
        DISABLED: 'disable',
        REQUIRED: 'require',
        VERIFY_CA: 'verify-ca',
        VERIFY_IDENTITY: 'verify-full',
      },
    },
    'ssl-ca': { sets: 'ca' },
    'ssl-cert': { sets: 'cert' },
    'ssl-key': { sets: 'key' },
  },
  refused: {
    ...Object.fromEntries(notSupported.split(' ').map((name) => [name, null])),
    allowPublicKeyRetrieval: 'write it as the key allowPublicKeyRetrieval of the source',
    ssl: 'write ssl-mode=REQUIRED, or better ssl-mode=VERIFY_IDENTITY',
    sslMode: 'write it as ssl-mode',
    sslmode: 'write it as ssl-mode',
    useSSL: 'write ssl-mode=REQUIRED, or better ssl-mode=VERIFY_IDENTITY',
  },
}
