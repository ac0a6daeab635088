import { directoryFromEnvironment } from '../../home/application-directory.js'
import { settings } from '../../supervisor/configuration/settings.js'
import { type Finding, ok, warn } from './finding.js'

/** What is read beside the settings of `promhive run`. */
const others = [
  'PROMHIVE_APPLICATION',
  'PROMHIVE_BACKEND_CLASS',
  'PROMHIVE_BACKEND_CONFIG',
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
      const meant = nearest(name, known)
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

/** The known name that differs in the fewest letters, if it is only a few. */
function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = 4
  for (const candidate of known) {
    const steps = distance(name.toUpperCase(), candidate)
    if (steps < least) [best, least] = [candidate, steps]
  }
  return best
}

/** How many letters have to be put in, taken out or changed (Levenshtein's distance). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
