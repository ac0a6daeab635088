import type { SettingKind } from './kinds.js'

/** One thing that can be set: its kind, its default, and every name that it goes by. */
export interface Setting<T = unknown> {
  readonly kind: SettingKind<T>
  readonly default: T | (() => T)
  /** The default under `compat: 'gunicorn'`: the one of gunicorn's exporter. */
  readonly gunicornDefault?: T
  /** Environment variables; the first that is set counts. */
  readonly env: readonly string[]
  /** What of a variable's text is this setting's, where the variable has several parts; undefined if it has none. */
  readonly part?: (text: string) => string | undefined
  /** The option of the command line, without dashes; a single letter after it is its short form. */
  readonly flag?: readonly [long: string, short?: string]
  /** Another name for it, long. */
  readonly flagAlias?: string
  /** The path in a file of gunicorn's exporter. */
  readonly exporterPath?: string
  /** Shown as stars. */
  readonly secret?: boolean
  readonly help: string
}

/** What can be set, by name. */
export type SettingsTable<S> = { readonly [K in keyof S]: Setting<S[K]> }
