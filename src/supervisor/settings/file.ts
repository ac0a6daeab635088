import { existsSync, readFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { nearest } from '../../model/nearest-name.js'
import { requireOptional } from '../../platform/optional-package.js'
import { requireFrom } from '../../platform/require-from.js'
import { textOf } from '../log.js'
import { distrust } from './discovery.js'
import { type Setting, type SettingName, settingNames, settings } from './settings.js'

/** The content of a file, by setting. */
export interface ConfigurationFile {
  readonly path: string
  readonly values: ReadonlyMap<SettingName, { readonly value: unknown; readonly path: string }>
}

/** The default files in the working directory. */
const usualNames = ['promhive.yaml', 'promhive.yml', 'promhive.json']

/** Sections in files of gunicorn's exporter that have no meaning here; they are ignored. */
const passedOver =
  /^exporter\.(?:gunicorn\.keepalive|cleanup\.db_files|redis\.ttl_(?:seconds|disabled)|prometheus\.ssl\.enabled)$/

/** The section that `enabled: false` disables. */
const encryption = 'exporter.prometheus.ssl.'

/** Returns the default file; undefined if there is none. */
export function usualFile(directory = process.cwd()): string | undefined {
  return usualNames.map((name) => join(directory, name)).find((path) => existsSync(path))
}

/**
 * Reads a configuration file of YAML or JSON: settings by their names, or a file of gunicorn's exporter (`exporter:`).
 * YAML needs the package `yaml`.
 *
 * @param named whether the command line or code names the file; root refuses a file of another user that promhive found
 * by itself
 * @throws MetricsError `OPTION_INVALID`, with the path of an unknown setting
 */
export async function readFile(path: string, named = true): Promise<ConfigurationFile> {
  const fault = named ? undefined : distrust(path)
  if (fault !== undefined) {
    const text = `${fault}: root does not read a configuration that another user can change; to use it, pass --config ${path}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  const content = await parse(path)
  const values = new Map<SettingName, { value: unknown; path: string }>()
  if (content !== null && content !== undefined && (typeof content !== 'object' || Array.isArray(content))) {
    const text = `${path} must have settings by their names, such as "workers: 4", got ${describe(content)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  const all = leaves(content ?? {}, '')
  const plain = all.some(([at, value]) => at === `${encryption}enabled` && value === false)
  for (const [at, value] of all) {
    if (plain && at.startsWith(encryption)) continue
    const name = settingAt(at)
    if (name !== undefined) {
      // Without a value, it is unset.
      if (value !== null) values.set(name, { value, path: at })
    } else if (!passedOver.test(at) && !isSection(at)) {
      throw new MetricsError('OPTION_INVALID', `${path}: ${at} is no setting; ${hint(at)}`)
    }
  }
  return { path, values }
}

async function parse(path: string): Promise<unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new MetricsError('OPTION_INVALID', `${path} cannot be read: ${textOf(cause)}`, { cause })
  }
  try {
    if (extname(path) === '.json') return JSON.parse(text)
    const { parse } = yaml(path)
    return parse(text)
  } catch (cause) {
    if (cause instanceof MetricsError) throw cause
    throw new MetricsError('OPTION_INVALID', `${path} is not well formed: ${textOf(cause)}`, { cause })
  }
}

function yaml(path: string): typeof import('yaml') {
  try {
    return requireOptional<typeof import('yaml')>('yaml')
  } catch (cause) {
    // A promhive that is installed globally does not find the packages of the application.
    const applicationYaml = fromBeside(path)
    if (applicationYaml !== undefined) return applicationYaml
    const text = `${path}: YAML needs the package yaml (npm install yaml), or write the file as JSON`
    throw new MetricsError('OPTION_INVALID', text, { cause })
  }
}

function fromBeside(path: string): typeof import('yaml') | undefined {
  const require = requireFrom(resolve(path))
  let modulePath: string
  try {
    modulePath = require.resolve('yaml')
  } catch {
    return undefined
  }
  const fault = distrust(modulePath)
  if (fault === undefined) return require('yaml')
  // Even if the file was named, because naming a data file does not allow running code.
  const text = `${path}: ${fault}: root does not run a package yaml that another user can change; install it beside promhive, or write the file as JSON`
  throw new MetricsError('OPTION_INVALID', text)
}

/** The options of a backend and of exporters are not settings. */
const whole = /^(?:backend[-_]?config|exporters)$/i

/** Returns every value that is not an object with values, with its path. */
function leaves(value: unknown, path: string): [path: string, value: unknown][] {
  if (whole.test(path) || typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]]
  if (Object.keys(value).length === 0) return path === '' ? [] : [[path, value]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`))
}

/**
 * Finds a setting by its path: `maxRequests`, `max_requests`, `max-requests`, the option (`hooks`), or the path in an
 * exporter's file.
 */
function settingAt(path: string): SettingName | undefined {
  const plain = path.replaceAll(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return settingNames.find((name) => {
    const { exporterPath, flag }: Setting = settings[name]
    return name === plain || plain === flag?.[0] || (exporterPath !== undefined && path === `exporter.${exporterPath}`)
  })
}

/** Whether a path is that of a section in a file of gunicorn's exporter, which may be empty. */
function isSection(path: string): boolean {
  if (path === 'exporter.cleanup') return true
  return settingNames.some((name) => {
    const { exporterPath }: Setting = settings[name]
    return exporterPath !== undefined && `exporter.${exporterPath}`.startsWith(`${path}.`)
  })
}

function hint(path: string): string {
  const paths = settingNames.flatMap((name) => {
    const { exporterPath }: Setting = settings[name]
    return exporterPath === undefined ? [] : [`exporter.${exporterPath}`]
  })
  const meant = nearest(path, [...settingNames, ...paths])
  return meant === undefined ? 'promhive config explain lists them all' : `did you mean ${meant}?`
}
