import { MetricsError } from '../../../model/errors.js'
import { checkOptions, type OptionNames } from '../../../model/known-options.js'
import { describe } from '../../../model/metric-name.js'
import { firstSet, isOff, itemsOf, variables } from '../../../platform/environment.js'
import { absolutePath } from '../../../platform/paths.js'
import { processEnvironment } from '../../../platform/process-environment.js'

/** Names of PEM files for `https://…`. They are read for each connection, so they may be renewed. */
export interface EtcdTls {
  /** The CA of etcd's certificate. By default, the CAs that Node trusts. */
  readonly caFile?: string | undefined
  /** The client's certificate and its key, if etcd requires one. */
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}

/** Where etcd is, and how targets are announced there. The default of an option is the variable in its description. */
export interface EtcdOptions {
  /** `http://host:2379`, or `https://…`; a list for the members of a cluster: `PROMHIVE_ETCD`. */
  readonly url?: string | readonly string[] | undefined
  /** The beginning of all keys: `PROMHIVE_ETCD_PREFIX`; `/promhive/targets/`. */
  readonly prefix?: string | undefined
  /** The application, as a part of the key and as the label `job`: `PROMHIVE_ETCD_JOB`; by default there is no label. */
  readonly job?: string | undefined
  /** Seconds after which etcd removes the target of a process that was killed: `PROMHIVE_ETCD_TTL`; 15. */
  readonly ttl?: number | undefined
  /** `PROMHIVE_ETCD_USERNAME`. */
  readonly username?: string | undefined
  /** `PROMHIVE_ETCD_PASSWORD`. */
  readonly password?: string | undefined
  /** `PROMHIVE_ETCD_CA_FILE`, `PROMHIVE_ETCD_CERT_FILE` and `PROMHIVE_ETCD_KEY_FILE`. */
  readonly tls?: EtcdTls | undefined
  /** Timeout in seconds for each request: 5. */
  readonly timeout?: number | undefined
}

/** The names of the options, for checking them. */
export const etcdOptions = {
  url: true,
  prefix: true,
  job: true,
  ttl: true,
  username: true,
  password: true,
  tls: true,
  timeout: true,
} as const satisfies OptionNames<EtcdOptions>

const tlsOptions = { caFile: true, certFile: true, keyFile: true } as const satisfies OptionNames<EtcdTls>

/** The checked and complete options: plain data, which can be sent to a thread. */
export interface EtcdSettings {
  /** Origins such as `http://127.0.0.1:2379`, without credentials. */
  readonly endpoints: readonly string[]
  readonly login: { readonly username: string; readonly password: string } | undefined
  readonly tls: EtcdTls
  /** Milliseconds. */
  readonly timeout: number
  /** Ends with `/`. */
  readonly prefix: string
  readonly job: string | undefined
  /** Seconds. */
  readonly ttl: number
}

const defaults = { prefix: '/promhive/targets/', ttl: 15, timeout: 5 } as const

/** Returns the name of an option in error texts, as the user wrote it. */
type EtcdOptionName = (option: keyof EtcdOptions | keyof EtcdTls) => string

/**
 * Returns the complete settings; undefined if neither an option nor the environment names an etcd.
 *
 * @param caller the function or command, for error texts
 * @throws MetricsError `OPTION_INVALID`, with the name of the option or the variable
 */
export function etcdSettings(
  caller: string,
  options: EtcdOptions,
  environment: NodeJS.ProcessEnv = processEnvironment(),
  optionName: EtcdOptionName = (option) => (option in tlsOptions ? `tls.${option}` : option),
): EtcdSettings | undefined {
  const invalid = (what: string): MetricsError => new MetricsError('OPTION_INVALID', `${caller}: ${what}`)
  if (typeof options !== 'object' || options === null) {
    throw invalid(`etcd takes an object such as { url: 'http://127.0.0.1:2379' }, got ${describe(options)}`)
  }
  checkOptions(caller, options, etcdOptions)
  const reader = new EtcdReader(options, environment, optionName, invalid)
  const [urls, urlName] = reader.urls()
  if (urls.length === 0) return undefined
  const endpoints = urls.map((url) => endpointOf(url, urlName, invalid))
  const secure = endpoints.some(({ origin }) => origin.startsWith('https:'))
  const username = reader.text('username') ?? endpoints.find((each) => each.username !== '')?.username
  const password = reader.text('password') ?? endpoints.find((each) => each.password !== '')?.password
  if (username === undefined && password !== undefined) throw invalid(`a password needs ${optionName('username')} too`)
  if (username !== undefined && password === undefined) throw invalid(`a user needs ${optionName('password')} too`)
  const prefix = reader.text('prefix') ?? defaults.prefix
  const job = reader.text('job')
  if (job?.includes('/')) throw invalid(`${optionName('job')} must not contain "/", got ${describe(job)}`)
  return {
    endpoints: endpoints.map(({ origin }) => origin),
    login: username === undefined || password === undefined ? undefined : { username, password },
    tls: reader.tls(secure),
    timeout: reader.seconds('timeout', 0.01) * 1000,
    prefix: prefix.endsWith('/') ? prefix : `${prefix}/`,
    job,
    ttl: Math.ceil(reader.seconds('ttl', 1)),
  }
}

/**
 * Returns the complete settings; undefined if `PROMHIVE_ETCD` is off, which disables announcements.
 *
 * @throws MetricsError `OPTION_INVALID`, also if neither an option nor the environment names an etcd
 */
export function announcingEtcdSettings(caller: string, options: EtcdOptions): EtcdSettings | undefined {
  const settings = etcdSettings(caller, options)
  if (isOff(variables.etcd)) return undefined
  if (settings !== undefined) return settings
  const text = `${caller}: which etcd? Name it with url, such as http://127.0.0.1:2379, or set PROMHIVE_ETCD`
  throw new MetricsError('OPTION_INVALID', text)
}

/** Reads options; each one overrides its variable. */
class EtcdReader {
  constructor(
    private readonly options: EtcdOptions,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly optionName: EtcdOptionName,
    private readonly invalid: (what: string) => MetricsError,
  ) {}

  /** Returns the URLs and where they come from. */
  urls(): readonly [readonly string[], string] {
    const { url } = this.options
    const name = this.optionName('url')
    if (typeof url === 'string' && url !== '') return [itemsOf(url), name]
    if (Array.isArray(url) && url.length > 0 && url.every((each) => typeof each === 'string')) return [url, name]
    if (url !== undefined) {
      throw this.invalid(`${name} must be http://host:2379, https://…, or a list of these, got ${describe(url)}`)
    }
    const [variable = '', text] = firstSet(variables.etcd, this.environment) ?? []
    return [isOff(variables.etcd, this.environment) ? [] : itemsOf(text), variable]
  }

  text(option: 'prefix' | 'job' | 'username' | 'password'): string | undefined {
    const optionValue: unknown = this.options[option]
    if (optionValue === undefined) return this.variable(option)
    if (typeof optionValue === 'string' && optionValue !== '') return optionValue
    const got = option === 'password' ? '' : `, got ${describe(optionValue)}`
    throw this.invalid(`${this.optionName(option)} must be a string that is not empty${got}`)
  }

  seconds(option: 'ttl' | 'timeout', least: number): number {
    const optionValue: unknown = this.options[option]
    const text = option === 'ttl' ? this.variable('ttl') : undefined
    const value = optionValue ?? (text === undefined ? defaults[option] : Number(text))
    if (typeof value === 'number' && value >= least && value <= 86_400) return value
    const name = optionValue === undefined ? variables.etcdTtl[0] : this.optionName(option)
    throw this.invalid(
      `${name} must be a number of seconds from ${least} to 86400, got ${describe(optionValue ?? text)}`,
    )
  }

  /** @param secure whether a URL begins with `https:` */
  tls(secure: boolean): EtcdTls {
    const { tls = {} } = this.options
    if (typeof tls !== 'object' || tls === null) {
      throw this.invalid(`tls takes an object such as { caFile: '/etc/ssl/etcd.pem' }, got ${describe(tls)}`)
    }
    checkOptions('etcd: tls', tls, tlsOptions)
    const files: { -readonly [K in keyof EtcdTls]: string } = {}
    for (const option of ['caFile', 'certFile', 'keyFile'] as const) {
      const optionValue: unknown = tls[option]
      const file = optionValue ?? this.variable(option)
      if (file === undefined) continue
      if (typeof file !== 'string' || file === '') {
        throw this.invalid(`${this.optionName(option)} must be the path of a file, got ${describe(file)}`)
      }
      if (!secure && optionValue !== undefined) {
        throw this.invalid(`${this.optionName(option)} goes with a URL that begins with https://`)
      }
      // Absolute, because the files are read for each connection and the working directory may change.
      files[option] = absolutePath(file)
    }
    if ((files.certFile === undefined) !== (files.keyFile === undefined)) {
      throw this.invalid(`${this.optionName('certFile')} and ${this.optionName('keyFile')} are both needed, or none`)
    }
    return secure ? files : {}
  }

  private variable(option: keyof typeof variableOf): string | undefined {
    return firstSet(variables[variableOf[option]], this.environment)?.[1]
  }
}

const variableOf = {
  prefix: 'etcdPrefix',
  job: 'etcdJob',
  ttl: 'etcdTtl',
  username: 'etcdUsername',
  password: 'etcdPassword',
  caFile: 'etcdCaFile',
  certFile: 'etcdCertFile',
  keyFile: 'etcdKeyFile',
} as const

interface EtcdEndpoint {
  readonly origin: string
  readonly username: string
  readonly password: string
}

/** @throws MetricsError without a part of the URL that may be a password */
function endpointOf(url: string, name: string, invalid: (what: string) => MetricsError): EtcdEndpoint {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const { protocol = '', hostname = '', pathname = '', search = '' } = parsed ?? {}
  if (parsed !== undefined && /^https?:$/.test(protocol) && hostname !== '' && pathname === '/' && search === '') {
    const { origin, username, password } = parsed
    try {
      return { origin, username: decodeURIComponent(username), password: decodeURIComponent(password) }
    } catch {
      throw invalid(`${name}: write % as %25 in user and password`)
    }
  }
  // `etcd.internal:2379`, whose host a URL parser reads as a scheme.
  if (/^[a-z\d.-]+(?::\d+)?$/i.test(url))
    throw invalid(`${name} must begin with http:// or https://: write http://${url}`)
  throw invalid(`${name} must be http://host:2379 or https://host:2379, without a path, got ${describe(url)}`)
}
