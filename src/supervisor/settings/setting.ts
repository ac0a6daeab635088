import type { SettingKind } from './kinds.js'

/** A setting: its kind, its default, and all its names. */
export interface Setting<T = unknown> {
  readonly kind: SettingKind<T>
  readonly default: T | (() => T)
  /** The default with `compat: 'gunicorn'`, which is that of gunicorn's exporter. */
  readonly gunicornDefault?: T
  /** Environment variables; the first that is set is used. */
  readonly env: readonly string[]
  /**
   * Returns the part of a variable's text for this setting, if the variable has several parts; undefined if the part is
   * missing.
   */
  readonly part?: (text: string) => string | undefined
  /** The option of the command line, without dashes; a single letter after it is its short form. */
  readonly flag?: readonly [long: string, short?: string]
  /** A second long name of the option. */
  readonly flagAlias?: string
  /** The path in a file of gunicorn's exporter. */
  readonly exporterPath?: string
  /** Whether the value is shown as `***`. */
  readonly secret?: boolean
  readonly help: string
}

/** Settings by name. */
export type SettingsTable<S> = { readonly [K in keyof S]: Setting<S[K]> }
