import type { Log } from '../../model/logger.js'
import { maskAddress } from '../../model/mask-credentials.js'
import type { Configuration, Origin } from './configuration.js'
import { type Setting, type SettingName, settings } from './settings.js'

/** Returns a table of all settings, their values and the sources of these. */
export function explain({ origins }: Configuration): string {
  const rows = origins.map((origin) => [origin.name, displayedValue(origin), origin.from])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map(([name, value, from]) => `${name!.padEnd(widths[0]!)}  ${value!.padEnd(widths[1]!)}  ${from}`)
    .join('\n')
}

/** Returns the same as plain data. */
export function explainedAsJson({ origins }: Configuration): Record<string, { value: unknown; from: string }> {
  return Object.fromEntries(
    origins.map((origin) => [
      origin.name,
      { value: hidden(origin) ? '***' : withoutCredentials(origin.value), from: origin.from },
    ]),
  )
}

/** Logs each setting that is not a default, with its source, and ignored variables. Secrets are shown as `***`. */
export function logConfiguration({ origins, ignored }: Configuration, log: Log): void {
  for (const text of ignored) log.warn(text, { event: 'variableIgnored' })
  const config = origins.find(({ name }) => name === 'backendConfig')
  if (config?.value && !origins.find(({ name }) => name === 'backend')?.value) {
    const text = `backendConfig (${config.from}) has no effect, because no backend is chosen: set backend, to redis for instance, or remove backendConfig`
    log.warn(text, { event: 'settingUnused', setting: 'backendConfig', from: config.from })
  }
  for (const origin of origins) {
    const { name, from, value } = origin
    if (from === 'default') continue
    const fields = { event: 'setting', setting: name, value: hidden(origin) ? '***' : withoutCredentials(value), from }
    log.debug(`${name} is ${displayedValue(origin)} (${from})`, fields)
  }
}

/** Returns the options of the command line, one per line. */
export function optionsHelp(): string {
  return Object.values(settings)
    .filter((setting: Setting) => setting.flag !== undefined)
    .map(({ flag, kind, help, flagAlias, default: value }: Setting) => {
      const [long, short] = flag!
      const usual = kind.flag || typeof value === 'function' || !value || String(value) === '' ? '' : ` (${value})`
      const option = `--${long}${kind.flag ? '' : ` ${long.split('-').at(-1)!.toUpperCase()}`}`
      return `  ${`${short === undefined ? '' : `-${short}, `}${option}`.padEnd(32)} ${help}${flagAlias === undefined ? '' : `; also --${flagAlias}`}${usual}`
    })
    .join('\n')
}

export function settingOfFlag(flag: string): SettingName | undefined {
  const entry = Object.entries(settings).find(([, setting]: [string, Setting]) => {
    return setting.flag?.[0] === flag || setting.flagAlias === flag
  })
  return entry?.[0] as SettingName | undefined
}

function displayedValue(origin: Origin): string {
  if (hidden(origin)) return '***'
  const value = withoutCredentials(origin.value)
  return typeof value === 'string' || Array.isArray(value) ? JSON.stringify(value) : String(value)
}

function withoutCredentials(value: unknown): unknown {
  // Of options, which may contain passwords, only to what they belong.
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.keys(value)
  return typeof value === 'string' ? maskAddress(value) : value
}

function hidden({ secret, value }: Origin): boolean {
  return secret && typeof value === 'string' && value !== ''
}
