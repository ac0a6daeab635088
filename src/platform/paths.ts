import { existsSync } from 'node:fs'
import { isAbsolute, resolve, sep } from 'node:path'
import { inMemory, variables } from './environment.js'
import { processEnvironment } from './process-environment.js'

/** Environment variables that name a file or a directory. */
const pathVariables = [
  ...variables.directory,
  ...variables.backendConfig,
  ...variables.exporters,
  ...variables.textFile,
  ...variables.targetFileSd,
  'PROMHIVE_PID_FILE',
  'PROMHIVE_REPORT_DIR',
  'PROMHIVE_HOOKS',
  'PROMHIVE_REDIS_CA_FILE',
  'PROMHIVE_REDIS_CERT_FILE',
  'PROMHIVE_REDIS_KEY_FILE',
  ...variables.etcdCaFile,
  ...variables.etcdCertFile,
  ...variables.etcdKeyFile,
  ...['CERTFILE', 'KEYFILE', 'CLIENT_CAFILE', 'CLIENT_CAPATH'].flatMap((name) => [
    `PROMHIVE_SSL_${name}`,
    `PROMETHEUS_SSL_${name}`,
  ]),
]

/** Makes a path absolute, because the working directory may change later. An empty path stays empty. */
export function absolutePath(path: string): string {
  return path === '' ? '' : resolve(path)
}

/**
 * Makes the paths in the environment absolute: once, when promhive is loaded. The application may change its working
 * directory later, and the processes that it starts inherit the environment.
 */
export function makeEnvironmentAbsolute(environment: NodeJS.ProcessEnv = processEnvironment()): void {
  for (const name of pathVariables) {
    const value = environment[name]
    // The value may be options themselves, as JSON.
    if (!value || value === inMemory || isAbsolute(value) || value.trimStart().startsWith('{')) continue
    environment[name] = resolve(value)
  }
  // The path of a module, followed by an export.
  for (const name of variables.backendClass) {
    const [path, ...exported] = (environment[name] ?? '').split('#')
    // A name with another beginning is that of a package.
    if (!/^\.{1,2}[\\/]/.test(path!) || !existsSync(resolve(path!))) continue
    environment[name] = [resolve(path!), ...exported].join('#')
  }
}

/** Whether a path is that of a folder, or of something inside it. Upper and lower case are the same, as on Windows. */
export function isInside(path: string, folder: string): boolean {
  const [inner, outer] = [resolve(path).toLowerCase(), resolve(folder).toLowerCase()]
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`)
}
