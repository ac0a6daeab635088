import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MetricsError } from '../model/errors.js'
import { describe } from '../model/metric-name.js'
import { nearest } from '../model/nearest-name.js'
import { hookNames, type LifecycleHooks, unknownHooks } from './lifecycle.js'
import { textOf } from './log.js'
import type { Origin } from './settings/configuration.js'
import { distrust } from './settings/discovery.js'

/**
 * Loads the hooks that the module of `hooksModule` exports, by name or all in its default export; returns none without
 * a module. Root loads a module of another user only if the command line or code names it.
 *
 * @throws MetricsError `OPTION_INVALID` if it cannot be loaded, or exports no hooks
 */
export async function hooksFrom({ origins }: { readonly origins: readonly Origin[] }): Promise<LifecycleHooks> {
  const { value, from } = origins.find(({ name }) => name === 'hooksModule')!
  const file = String(value)
  if (file === '') return {}
  const fault = /^(?:command line|code)/.test(from) ? undefined : distrust(file)
  if (fault !== undefined) {
    const text = `${fault}: root does not run hooks that another user can change and ${from} names; to use them, pass --hooks ${file}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  const hooks = await load(file)
  if (Object.keys(hooks).length > 0) return hooks
  throw new MetricsError('OPTION_INVALID', `${file} exports no hooks: export functions of the names ${list()}`)
}

async function load(file: string): Promise<LifecycleHooks> {
  try {
    const module = (await import(/* webpackIgnore: true */ /* @vite-ignore */ pathToFileURL(resolve(file)).href)) as {
      readonly default?: unknown
    }
    const { default: whole, ...named } = module
    if (typeof whole === 'object' && whole !== null) return whole as LifecycleHooks
    return named as LifecycleHooks
  } catch (cause) {
    throw new MetricsError('OPTION_INVALID', `the hooks in ${file} cannot be loaded: ${textOf(cause)}`, { cause })
  }
}

/**
 * Refuses hooks that would never be called.
 *
 * @throws MetricsError `OPTION_INVALID`, with the name of the hook
 */
export function checkHooks(hooks: object = {}): void {
  const [unknown] = unknownHooks(hooks)
  if (unknown !== undefined) {
    const meant = nearest(unknown, hookNames)
    const advice = meant === undefined ? '' : `; did you mean "${meant}"?`
    throw new MetricsError(
      'OPTION_INVALID',
      `there is no hook "${unknown}": there are ${list()}, and gunicorn's${advice}`,
    )
  }
  for (const [name, hook] of Object.entries(hooks)) {
    if (hook === undefined || typeof hook === 'function') continue
    throw new MetricsError('OPTION_INVALID', `the hook "${name}" must be a function, got ${describe(hook)}`)
  }
}

function list(): string {
  return hookNames.join(', ')
}
