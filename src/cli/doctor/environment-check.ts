import { directoryFromEnvironment } from '../../home/application-directory.js'
import { nearest } from '../../model/nearest-name.js'
import { settings } from '../../supervisor/configuration/settings.js'
import { type Finding, ok, warn } from './finding.js'

/** What is read beside the settings of `promhive run`. */
const others = [
  'PROMHIVE_APPLICATION',
  'PROMHIVE_BACKEND_CLASS',
  'PROMHIVE_BACKEND_CONFIG',
  'PROMHIVE_CONFIG',
  'PROMHIVE_CONFIGURATION',
  'PROMHIVE_DEFAULT_METRICS',
  'PROMHIVE_DIR',
  'PROMHIVE_HTTP',
  'PROMHIVE_HTTP_IGNORE',
  'PROMHIVE_HTTP_NAMES',
  'PROMHIVE_METRICS',
  'PROMHIVE_NATIVE',
  'PROMHIVE_STARTUP',
  'PROMHIVE_SUPERVISED',
  'PROMHIVE_WORKER_ID',
  'PROMHIVE_WORKER_LABEL',
]
const directories = ['PROMHIVE_DIR', 'PROMETHEUS_MULTIPROC_DIR', 'prometheus_multiproc_dir']

/** Variables that are misspelt, or that contradict each other. */
export function checkEnvironment(env: NodeJS.ProcessEnv = process.env): Finding[] {
  const known = new Set([...others, ...Object.values(settings).flatMap((setting) => setting.env)])
  const findings = Object.keys(env)
    .filter((name) => /^PROMHIVE_/i.test(name) && !known.has(name))
    .map((name) => {
      const meant = nearest(name.toUpperCase(), known)
      const advice = meant === undefined ? 'remove it' : `did you mean ${meant}?`
      return warn('environment', `${name} is none of promhive's variables`, advice)
    })
  const named = directories.filter((name) => env[name] !== undefined && env[name] !== '')
  const [first] = named
  if (named.some((name) => env[name] !== env[first!])) {
    const text = `${named.join(' and ')} name different directories; ${first} counts`
    findings.push(warn('environment', text, 'set one of them'))
  }
  const directory = directoryFromEnvironment()
  const text = directory === undefined ? 'names no directory' : `${first} names ${directory}`
  return [...findings, ok('environment', text)]
}
