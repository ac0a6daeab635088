import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { nearest } from '../../model/nearest-name.js'
import { isServiceLink, serviceLinkText } from '../../model/service-link.js'
import type { ConfigurationFile } from './file.js'
import { type Setting, type SettingName, type Settings, settingNames, settings } from './settings.js'

/** The sources of values, weakest first. */
export interface Layers {
  readonly file?: ConfigurationFile | undefined
  readonly environment?: NodeJS.ProcessEnv
  /** Settings of the command line: texts, or booleans if an option has no value. */
  readonly commandLine?: Partial<Readonly<Record<SettingName, string | boolean>>>
  readonly code?: { readonly [K in SettingName]?: Settings[K] | undefined }
}

/** The value of a setting, and where it comes from. */
export interface Origin {
  readonly name: SettingName
  readonly value: unknown
  /** `default`, `promhive.yaml: port`, `environment GUNICORN_WORKERS`, `command line --workers`, `code`. */
  readonly from: string
  readonly secret: boolean
}

/** The settings, resolved once, in the primary: defaults < file < environment < command line < code. */
export class Configuration {
  readonly settings: Settings
  readonly origins: readonly Origin[]
  /** Lines for the log about ignored variables. */
  readonly ignored: readonly string[]

  /** @throws MetricsError `OPTION_INVALID`, with the variable, option or path of an invalid value */
  constructor(layers: Layers = {}) {
    checkNames(layers.code ?? {})
    const explicitOrigins = new Map<SettingName, Origin>()
    const ignored = new Set<string>()
    for (const name of settingNames) {
      const origin = find(name, settings[name], layers, ignored)
      if (origin !== undefined) explicitOrigins.set(name, origin)
    }
    const gunicorn = explicitOrigins.get('compat')?.value === 'gunicorn'
    this.origins = settingNames.map((name) => explicitOrigins.get(name) ?? defaultOf(name, gunicorn))
    const values = Object.fromEntries(this.origins.map(({ name, value }) => [name, value]))
    this.ignored = [...ignored]
    // Every name is there, and the kind of each setting has checked its value. `fromEntries()` keeps neither in its type.
    this.settings = Object.freeze(values) as unknown as Settings
  }
}

/** Without type checks, a misspelt name in code would be ignored. */
function checkNames(code: object): void {
  const unknown = Object.keys(code).find((name) => !Object.hasOwn(settings, name))
  if (unknown === undefined) return
  const meant = nearest(unknown, settingNames)
  const advice = meant === undefined ? 'promhive config explain lists them all' : `did you mean ${meant}?`
  throw new MetricsError('OPTION_INVALID', `there is no setting ${unknown}; ${advice}`)
}

function find(name: SettingName, setting: Setting, layers: Layers, ignored: Set<string>): Origin | undefined {
  const { code, commandLine, environment = {}, file } = layers
  if (code?.[name] !== undefined) return read(name, setting, code[name], `code`, name)
  const argument = commandLine?.[name]
  if (argument !== undefined) {
    const option = `--${setting.flag?.[0] ?? name}`
    return read(name, setting, argument, `command line ${option}`, option)
  }
  for (const variable of setting.env) {
    const value = textFor(setting, environment[variable])
    // An empty value means unset, as in Compose files.
    if (value === undefined || value === '') continue
    if (!isServiceLink(variable, value)) return read(name, setting, value, `environment ${variable}`, variable)
    ignored.add(serviceLinkText(variable, value))
  }
  const inFile = file?.values.get(name)
  if (inFile === undefined) return undefined
  return read(name, setting, inFile.value, `${file!.path}: ${inFile.path}`, `${file!.path}: ${inFile.path}`)
}

/** Returns the part of a variable's text that is the value of a setting. */
export function textFor({ part }: Setting, text: string | undefined): string | undefined {
  return text === undefined || part === undefined ? text : part(text)
}

function read(name: SettingName, setting: Setting, rawValue: unknown, from: string, what: string): Origin {
  const value = setting.kind.read(rawValue)
  const { secret = false } = setting
  if (value !== undefined) return { name, value, from, secret }
  const valueText = secret ? 'something else' : describe(rawValue)
  const { says, words = [], fault } = setting.kind
  if (fault !== undefined) throw new MetricsError('OPTION_INVALID', `${what} must be ${says}: ${fault(rawValue)}`)
  const meant = secret || typeof rawValue !== 'string' ? undefined : nearest(rawValue, words)
  const advice = meant === undefined ? '' : `; did you mean ${meant}?`
  throw new MetricsError('OPTION_INVALID', `${what} must be ${says}, got ${valueText}${advice}`)
}

function defaultOf(name: SettingName, gunicorn: boolean): Origin {
  const setting: Setting = settings[name]
  const { secret = false } = setting
  if (gunicorn && setting.gunicornDefault !== undefined) {
    return { name, value: setting.gunicornDefault, from: "default of gunicorn's exporter", secret }
  }
  const value = typeof setting.default === 'function' ? setting.default() : setting.default
  return { name, value, from: 'default', secret }
}
