import type { OptionNames } from '../../model/known-options.js'
import type { ClusterObserver } from '../../supervisor/cluster-observer.js'
import type { GivenLogger } from '../../supervisor/log.js'
import type { EncryptionSettings } from '../../supervisor/settings/encryption-settings.js'
import type { PortSettings } from '../../supervisor/settings/port-settings.js'
import type { Settings } from '../../supervisor/settings/settings.js'
import type { Hooks } from './hooks.js'

type MayBeLeftOut<S> = { readonly [K in keyof S]?: S[K] | undefined }

/** What `supervise` takes: every setting, and what only code can say. */
export interface SuperviseOptions extends MayBeLeftOut<Settings> {
  /** The file that workers run; the one that this process runs when left out. */
  readonly exec?: string | undefined
  /** Its arguments; those of this process when left out. */
  readonly args?: readonly string[] | undefined
  /** Options of Node for the workers, beside those of this process. */
  readonly execArgv?: readonly string[] | undefined
  /** Beside those of `hooksModule`, and before them where both have one. */
  readonly hooks?: Hooks | undefined
  /** Whether HUP, TTIN, TTOU, TERM, INT and QUIT do what they do under `promhive run`: true when left out. */
  readonly signals?: boolean | undefined
  /** pino, winston, `console`, or any object with `error`, `warn` and `info`; the standard error when left out. */
  readonly logger?: GivenLogger | undefined
  /** A configuration file; `PROMHIVE_CONFIG`, or `promhive.yaml` or `promhive.json` in the working directory, when left out. */
  readonly config?: string | undefined
}

/** What `observe` takes: the settings that matter without workers of its own. */
export interface ObserveOptions
  extends MayBeLeftOut<
    Pick<
      Settings,
      | 'dir'
      | 'metrics'
      | 'port'
      | 'host'
      | 'path'
      | 'portAttempts'
      | 'stats'
      | 'compat'
      | 'metricPrefix'
      | 'logLevel'
      | 'logFormat'
    > &
      EncryptionSettings &
      PortSettings
  > {
  readonly hooks?: Hooks<ClusterObserver> | undefined
  readonly logger?: GivenLogger | undefined
  /** A configuration file, as for `supervise`. */
  readonly config?: string | undefined
}

/** The names of the options of `observe` that are no settings. */
export const observeOptions = {
  hooks: true,
  logger: true,
  config: true,
} as const satisfies OptionNames<Omit<ObserveOptions, keyof Settings>>

/** The names of the options of `supervise` that are no settings. */
export const superviseOptions = {
  ...observeOptions,
  exec: true,
  args: true,
  execArgv: true,
  signals: true,
} as const satisfies OptionNames<Omit<SuperviseOptions, keyof Settings>>
