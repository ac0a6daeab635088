import { basename, isAbsolute, join } from 'node:path'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { firstSet, variables } from '../../platform/environment.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { requireFrom } from '../../platform/require-from.js'
import type { Backend } from '../../store/contract.js'
import { ValueBackend } from '../../store/values/value-backend.js'
import { isValueBackendClass, type ValueBackendClass } from '../../store/values/value-protocol.js'
import { distrust } from '../../supervisor/settings/discovery.js'
import type { BackendConfig } from './backend-config.js'
import { counterpartOf } from './pytheus-names.js'

/* This file finds the backend that the environment or the application names, and creates it. */

/** A class of backends, or a function that creates one; both accept the configuration. */
export type BackendMaker = (new (config: never) => Backend) | ((config: never) => Backend) | ValueBackendClass

/** A backend, its class, or the module of its class (`promhive/redis#RedisBackend`, `./my-backend.js`). */
export type BackendChoice = Backend | BackendMaker | string

/** The sources of variables that the supervisor has set itself, by variable. */
const origins = new Map<string, string>()

/** Sets the name of a variable in errors: the key of a file, or the command-line option, from which it was set. */
export function nameOrigin(variable: string, origin: string): void {
  origins.set(variable, origin)
}

/**
 * Returns the chosen backend; each argument overrides its environment variable. Returns undefined if neither names one.
 *
 * @throws MetricsError `BACKEND_NOT_FOUND`, `BACKEND_INVALID`, `BACKEND_CONFIG_INVALID`
 */
export function chooseBackend(backendArgument?: BackendChoice, configArgument?: BackendConfig): Backend | undefined {
  const [variable, named] = (backendArgument === undefined && firstSet(variables.backendClass)) || []
  const choice = backendArgument ?? named
  // A configuration without a backend has no effect.
  if (choice === undefined) return undefined
  const source = variable === undefined ? 'loadBackend' : (origins.get(variable) ?? variable)
  const config = (): BackendConfig => configArgument ?? configFromEnvironment()
  if (typeof choice !== 'string') return make(choice, source, config)
  const counterpart = counterpartOf(choice, source)
  if (counterpart === undefined) return make(load(choice, source), source, config)
  return make(load(counterpart.choice, source), source, () => counterpart.config(config()))
}

function isBackend(value: unknown): value is Backend {
  const backend = value as Partial<Backend> | null | undefined
  return typeof backend?.openStore === 'function' && typeof backend.openSource === 'function'
}

/** Throws `OPTION_INVALID` if `configure` cannot use the backend. */
export function checkBackend(backend: Backend, dir: string | undefined): void {
  if (dir !== undefined) {
    throw new MetricsError('OPTION_INVALID', 'configure: dir and backend exclude each other; leave one of them out')
  }
  if (!isBackend(backend)) {
    const text = `configure: backend must have openStore() and openSource(), got ${describe(backend)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
}

export function closeFailed({ name }: Backend, cause: unknown): MetricsError {
  const text = `the ${name} backend was left, and did not close (${reasonOf(cause)})`
  return new MetricsError('FLUSH_FAILED', text, { cause })
}

/**
 * Returns the options of Redis in the environment, if the environment chooses Redis.
 *
 * @throws MetricsError `BACKEND_CONFIG_INVALID`
 */
export function redisConfigFromEnvironment(): BackendConfig | undefined {
  const [variable = '', named = ''] = firstSet(variables.backendClass) ?? []
  const counterpart = counterpartOf(named, variable)
  const choice = counterpart?.choice ?? named
  if (!/^promhive\/redis(?:#|$)/.test(choice)) return undefined
  const config = configFromEnvironment()
  return counterpart === undefined ? config : counterpart.config(config)
}

/** Whether the environment names a backend. */
export function environmentNamesBackend(env: NodeJS.ProcessEnv = processEnvironment()): boolean {
  return firstSet(variables.backendClass, env) !== undefined
}

function configFromEnvironment(): BackendConfig {
  const [variable, path] = firstSet(variables.backendConfig) ?? []
  if (variable === undefined || path === undefined) return {}
  const invalid = (fault: string, cause?: unknown): MetricsError =>
    new MetricsError('BACKEND_CONFIG_INVALID', `${origins.get(variable) ?? variable}: ${fault}`, { cause })
  const inline = path.trimStart().startsWith('{')
  // A malformed text may contain a secret.
  const configName = inline ? 'its text' : path
  let text = path
  try {
    if (!inline) text = process.getBuiltinModule('node:fs').readFileSync(path, 'utf8')
  } catch (cause) {
    throw invalid(`${path} cannot be read (${messageOf(cause)}); name a readable JSON file`, cause)
  }
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch (cause) {
    throw inline ? invalid('its text is not JSON') : invalid(`${configName} is not JSON (${messageOf(cause)})`, cause)
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw invalid(`${configName} must hold an object of options, not ${describe(config)}`)
  }
  return config as BackendConfig
}

/** Loads `module` or `module#export`, resolved as in the application's own files. */
function load(name: string, source: string): unknown {
  const at = name.lastIndexOf('#')
  const [specifier, exported] = at > 0 ? [name.slice(0, at), name.slice(at + 1)] : [name, undefined]
  const loaded = loadModule(specifier, source)
  if (exported !== undefined) {
    const exportedValue = (loaded as Record<string, unknown> | undefined)?.[exported]
    if (exportedValue !== undefined) return exportedValue
    const text = `${source}: ${specifier} exports no ${exported} (it exports ${exportsOf(loaded)})`
    throw new MetricsError('BACKEND_NOT_FOUND', text)
  }
  const all = loaded as Record<string, unknown>
  const candidates = [all.default, loaded, ...Object.values(all)].filter(isMaker)
  if (candidates[0] !== undefined && (candidates[0] === all.default || candidates[0] === loaded)) return candidates[0]
  if (candidates.length === 1) return candidates[0]
  // If there are several exports, the one with the name of the module: `redis` of promhive/redis.
  const ownName = basename(specifier).replace(/\.[cm]?js$/, '')
  if (Object.hasOwn(all, ownName) && isMaker(all[ownName])) return all[ownName]
  const text = `${source}: which export of ${specifier} is meant? Name it as ${specifier}#Name (it exports ${exportsOf(loaded)})`
  throw new MetricsError(candidates.length === 0 ? 'BACKEND_INVALID' : 'BACKEND_NOT_FOUND', text)
}

function loadModule(specifier: string, source: string): unknown {
  const { fileURLToPath } = process.getBuiltinModule('node:url')
  const name = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier
  // Resolved from the directory in which the application was started, then from the folder of its program.
  const places = [join(process.cwd(), 'x.js'), process.argv[1]].filter((place) => place && isAbsolute(place))
  let fault: unknown
  for (const place of places as string[]) {
    const require = requireFrom(place)
    let path: string
    try {
      path = require.resolve(name)
    } catch (cause) {
      fault ??= cause
      continue
    }
    const why = isNamedInCode(specifier, source) ? undefined : distrust(path)
    if (why !== undefined) {
      fault ??= new Error(`${why}, and root does not run code that another user can change`)
      continue
    }
    try {
      return require(path)
    } catch (cause) {
      throw loadingFailed(specifier, source, cause)
    }
  }
  const refused = fault instanceof Error && !('code' in fault) ? `; ${fault.message}` : ''
  const text = `${source}: there is no module ${specifier} (looked for from ${process.cwd()})${refused}; name a package or a path such as ./my-backend.js#MyBackend`
  throw new MetricsError('BACKEND_NOT_FOUND', text, { cause: fault })
}

/**
 * Whether code names the module: a path in a call of loadBackend() is the choice of the program. A package, or a path
 * in a variable, is not.
 */
function isNamedInCode(specifier: string, source: string): boolean {
  return source === 'loadBackend' && /^(?:[./]|file:)/.test(specifier)
}

function loadingFailed(specifier: string, source: string, cause: unknown): MetricsError {
  const { code } = cause as NodeJS.ErrnoException
  const why =
    code === 'ERR_REQUIRE_ASYNC_MODULE'
      ? 'it has a top-level await, which cannot be awaited here; import it yourself and give the class to loadBackend()'
      : code === 'ERR_REQUIRE_ESM'
        ? 'this Node loads no ES module at once; make it CommonJS, or import it yourself and give the class to loadBackend()'
        : messageOf(cause)
  return new MetricsError('BACKEND_NOT_FOUND', `${source}: ${specifier} cannot be loaded: ${why}`, { cause })
}

function make(candidate: unknown, source: string, config: () => BackendConfig): Backend {
  if (isBackend(candidate)) return candidate
  let made: unknown
  if (isMaker(candidate)) {
    const options = config()
    try {
      if (isValueBackendClass(candidate)) return new ValueBackend(candidate, options)
      made = isClass(candidate)
        ? new (candidate as unknown as new (config: BackendConfig) => unknown)(options)
        : candidate(options)
    } catch (cause) {
      const place = origins.get(variables.backendConfig[0])
      if (place === undefined && cause instanceof MetricsError) throw cause
      const text = `${place ?? source}: ${nameOf(candidate)} could not be made with its configuration (${messageOf(cause)})`
      throw new MetricsError('BACKEND_CONFIG_INVALID', text, { cause })
    }
    if (isBackend(made)) return made
  }
  const text = `${source}: ${nameOf(candidate)} is not a backend: it needs openStore() and openSource(), or the methods inc, dec, set and get of a value`
  throw new MetricsError('BACKEND_INVALID', text)
}

function isMaker(value: unknown): value is (config: BackendConfig) => unknown {
  return typeof value === 'function'
}

function isClass(value: (config: BackendConfig) => unknown): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value)) || isBackend(value.prototype)
}

function nameOf(value: unknown): string {
  return typeof value === 'function' && value.name !== '' ? value.name : describe(value)
}

function exportsOf(loaded: unknown): string {
  return Object.keys(Object(loaded)).join(', ') || 'nothing'
}

function messageOf(cause: unknown): string {
  return reasonOf(cause).split('\n')[0]!
}
