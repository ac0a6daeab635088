import { checkNames } from '../../instrument/http/http-options.js'
import { reasonOf } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { nearest } from '../../model/nearest-name.js'
import { isServiceLink } from '../../model/service-link.js'
import { itemsOf, variables } from '../../platform/environment.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { directoryFromEnvironment } from '../../runtime/directory/application-directory.js'
import { ownVariables } from '../../runtime/misspelt-variables.js'
import { unusedVariables } from '../../runtime/unused-variables.js'
import { textFor } from '../../supervisor/settings/configuration.js'
import type { Setting } from '../../supervisor/settings/setting.js'
import { settings } from '../../supervisor/settings/settings.js'
import { type Finding, ok, warn } from './finding.js'
import { knownVariables } from './known-variables.js'

/** Checks for variables that are misspelt, or that contradict each other. */
export function checkEnvironment(env: NodeJS.ProcessEnv = processEnvironment()): Finding[] {
  const findings = [...ownVariables(env).flatMap((name) => misspelt(name, knownVariables)), ...impossible(env)]
  const named = variables.directory.filter((name) => env[name] !== undefined && env[name] !== '')
  const [first] = named
  const unused = unusedVariables(env, 'config')
  if (unused !== undefined) findings.push(warn('environment', unused, 'or unset it'))
  if (named.some((name) => env[name] !== env[first!])) {
    const text = `${named.join(' and ')} name different directories; ${first} counts`
    findings.push(warn('environment', text, 'set one of them'))
  }
  const directory = directoryFromEnvironment()
  const text = directory === undefined ? 'names no directory' : `${first} names ${directory}`
  return [...findings, ok('environment', text)]
}

/**
 * Checks a name: an unknown name of promhive, or one of another program that is similar to a variable that promhive
 * reads.
 */
function misspelt(name: string, known: ReadonlySet<string>): Finding[] {
  const hasPromhivePrefix = /^PROMHIVE_/i.test(name)
  if (known.has(name) || !(hasPromhivePrefix || /^(?:PROMETHEUS|GUNICORN)_/i.test(name))) return []
  const meant = nearest(name.toUpperCase(), known, hasPromhivePrefix ? 3 : 2)
  if (meant === undefined && !hasPromhivePrefix) return []
  const advice = meant === undefined ? 'remove it' : `did you mean ${meant}?`
  return [warn('environment', `${name} is none of promhive's variables`, advice)]
}

/** Finds values that would be refused. */
function impossible(env: NodeJS.ProcessEnv): Finding[] {
  const findings: Finding[] = []
  for (const setting of Object.values<Setting>(settings)) {
    const { kind, env: names, secret = false } = setting
    for (const name of names) {
      const value = textFor(setting, env[name])
      if (value === undefined || value === '' || kind.read(value) !== undefined || isOff(name, value)) continue
      if (isServiceLink(name, value)) continue
      const got = secret ? 'something else' : describe(value)
      findings.push(warn('environment', `${name} must be ${kind.says}, got ${got}`, 'promhive run would refuse it'))
    }
  }
  try {
    checkNames(itemsOf(env[variables.httpNames[0]]), variables.httpNames[0])
  } catch (error) {
    findings.push(warn('environment', reasonOf(error), 'promhive/register would measure no HTTP'))
  }
  return findings
}

/** `promhive/register` opens no port then. */
function isOff(name: string, value: string): boolean {
  return /_METRICS_PORT$/.test(name) && /^(?:off|false|no)$/i.test(value)
}
