import type { OptionNames } from '../../model/known-options.js'
import type { ClusterObserver } from '../../supervisor/cluster-observer.js'
import type { GivenLogger } from '../../supervisor/log.js'
import type { EncryptionSettings } from '../../supervisor/settings/encryption-settings.js'
import type { PortSettings } from '../../supervisor/settings/port-settings.js'
import type { Settings } from '../../supervisor/settings/settings.js'
import type { Hooks } from './hooks.js'

type MayBeLeftOut<S> = { readonly [K in keyof S]?: S[K] | undefined }

/** The options of `supervise`: every setting, and those that only code can set. */
export interface SuperviseOptions extends MayBeLeftOut<Settings> {
  /** The file that workers run. The default is that of this process. */
  readonly exec?: string | undefined
  /** Its arguments. The default is those of this process. */
  readonly args?: readonly string[] | undefined
  /** Options of Node for the workers, in addition to those of this process. */
  readonly execArgv?: readonly string[] | undefined
  /** Hooks in addition to those of `hooksModule`; called before them if both define one. */
  readonly hooks?: Hooks | undefined
  /** Whether HUP, TTIN, TTOU, TERM, INT and QUIT are handled as under `promhive run`. The default is true. */
  readonly signals?: boolean | undefined
  /** pino, winston, `console`, or any object with `error`, `warn` and `info`. The default is standard error. */
  readonly logger?: GivenLogger | undefined
  /**
   * A configuration file. The default is `PROMHIVE_CONFIG`, or `promhive.yaml` or `promhive.json` in the working
   * directory.
   */
  readonly config?: string | undefined
}

/** The options of `observe`: the settings that apply if the supervisor does not start workers. */
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

/** The names of the options of `observe` that are not settings. */
export const observeOptions = {
  hooks: true,
  logger: true,
  config: true,
} as const satisfies OptionNames<Omit<ObserveOptions, keyof Settings>>

/** The names of the options of `supervise` that are not settings. */
export const superviseOptions = {
  ...observeOptions,
  exec: true,
  args: true,
  execArgv: true,
  signals: true,
} as const satisfies OptionNames<Omit<SuperviseOptions, keyof Settings>>
