import { checkEncryption, type EncryptionOptions } from '../../export/http/encryption.js'
import type { Origin } from './configuration.js'
import { boolean, filePath } from './kinds.js'
import type { SettingsTable } from './setting.js'

/** The certificate of the metrics port, and the CA of the clients that may scrape it: paths of files in PEM. */
export interface EncryptionSettings {
  readonly sslCertfile: string
  readonly sslKeyfile: string
  readonly sslClientCafile: string
  readonly sslClientCapath: string
  /** Whether scrapers must present a certificate, if a CA is set. */
  readonly sslClientAuthRequired: boolean
}

export const encryptionSettings: SettingsTable<EncryptionSettings> = {
  sslCertfile: {
    kind: filePath,
    default: '',
    env: ['PROMHIVE_SSL_CERTFILE', 'PROMETHEUS_SSL_CERTFILE'],
    flag: ['ssl-certfile'],
    exporterPath: 'prometheus.ssl.certfile',
    help: 'the certificate of the metrics port, which then serves HTTPS',
  },
  sslKeyfile: {
    kind: filePath,
    default: '',
    env: ['PROMHIVE_SSL_KEYFILE', 'PROMETHEUS_SSL_KEYFILE'],
    flag: ['ssl-keyfile'],
    exporterPath: 'prometheus.ssl.keyfile',
    help: 'the key of the certificate',
  },
  sslClientCafile: {
    kind: filePath,
    default: '',
    env: ['PROMHIVE_SSL_CLIENT_CAFILE', 'PROMETHEUS_SSL_CLIENT_CAFILE'],
    flag: ['ssl-client-cafile'],
    exporterPath: 'prometheus.ssl.client_cafile',
    help: 'require scrapers to have a certificate that this CA signed',
  },
  sslClientCapath: {
    kind: filePath,
    default: '',
    env: ['PROMHIVE_SSL_CLIENT_CAPATH', 'PROMETHEUS_SSL_CLIENT_CAPATH'],
    flag: ['ssl-client-capath'],
    exporterPath: 'prometheus.ssl.client_capath',
    help: 'or that one of the CAs in this directory signed',
  },
  sslClientAuthRequired: {
    kind: boolean,
    default: true,
    env: ['PROMHIVE_SSL_CLIENT_AUTH_REQUIRED', 'PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED'],
    flag: ['ssl-client-auth-required'],
    exporterPath: 'prometheus.ssl.client_auth_required',
    help: 'whether a certificate is required if a CA is set; --no-ssl-client-auth-required disables it',
  },
}

const options = {
  certfile: 'sslCertfile',
  keyfile: 'sslKeyfile',
  clientCafile: 'sslClientCafile',
  clientCapath: 'sslClientCapath',
  clientAuthRequired: 'sslClientAuthRequired',
} as const satisfies Record<keyof EncryptionOptions, keyof EncryptionSettings>

/**
 * Returns the encryption of the metrics port; undefined if it is not encrypted.
 *
 * @throws MetricsError `OPTION_INVALID`, with the variable, option or path at fault
 */
export function encryptionOf({ origins }: { readonly origins: readonly Origin[] }): EncryptionOptions | undefined {
  const originOf = (option: keyof EncryptionOptions): Origin => origins.find(({ name }) => name === options[option])!
  const explicitOptions = Object.keys(options).flatMap((option) => {
    const { value, from } = originOf(option as keyof EncryptionOptions)
    return from === 'default' || value === '' ? [] : [[option, value]]
  })
  return checkEncryption(Object.fromEntries(explicitOptions), (option) => {
    const { from } = originOf(option)
    if (from === 'default') return encryptionSettings[options[option]].env[1]!
    return from === 'code' ? options[option] : from.replace(/^(?:environment|command line) /, '')
  })
}
