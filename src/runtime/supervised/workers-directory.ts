import { MetricsError } from '../../model/errors.js'
import { variables } from '../../platform/environment.js'
import { absolutePath } from '../../platform/paths.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { prepareDirectory } from '../../store/shared/directory.js'
import { shareWith } from '../../store/shared/ownership.js'
import type { OsUser } from '../../supervisor/os-user.js'
import { backendEnvironment } from '../../supervisor/settings/backend-settings.js'
import type { Configuration } from '../../supervisor/settings/configuration.js'
import { chooseBackend, environmentNamesBackend, nameOrigin } from '../backend/backend-choice.js'
import { processContext } from '../current-context.js'
import { ownDirectory, userOfClusterWorkers } from '../directory/application-directory.js'
import { placeOfRuns } from '../directory/default-location.js'
import { giveRunDirectory, makeRunDirectory, removeRunDirectory } from '../directory/run-directory.js'
import { describeBackend } from './supervisor-backend.js'

/**
 * Makes the supervisor count where its workers will: in the backend that the environment names, otherwise in a
 * directory. It joins the directory first, so that it is clean for the workers, and makes their user its owner.
 *
 * @returns the variables for the environment of the workers
 * @throws MetricsError `OPTION_INVALID`, `DIRECTORY_UNUSABLE`, or the error of the backend
 */
export function shareWithWorkers(configuration: Configuration, osUser: OsUser | undefined): Record<string, string> {
  processContext().supervises = true
  const named = environmentNamesBackend()
  // Workers may change their working directory.
  const dir = absolutePath(configuration.settings.dir)
  const foreign = osUser !== undefined && osUser.uid !== process.geteuid?.() ? osUser : undefined
  if (dir === '' && (foreign === undefined || named)) {
    if (named) useNamedBackend(configuration)
    return {}
  }
  const directory = dir === '' ? makeRunDirectory(placeOfRuns(), foreign!) : dir
  if (dir === '') process.once('exit', () => removeRunDirectory(directory, foreign!))
  if (foreign === undefined) {
    shareWith(userOfClusterWorkers(directory))
    prepareDirectory(directory)
  } else {
    giveRunDirectory(directory, foreign)
    processContext().shareWithWorkers(foreign)
  }
  if (named) {
    // The backend reads the directory of its host from this variable.
    processEnvironment()[variables.directory[0]] = directory
    useNamedBackend(configuration)
  } else {
    // If each worker counted alone, the metrics port would not show their numbers.
    processContext().configure({ dir: directory }, true)
  }
  return { [variables.directory[0]]: directory }
}

/** Returns where a supervisor counts; by default, in the directory that its first worker opens. */
export function backendOfSupervisor(): string {
  const context = processContext()
  return context.inUse.name === 'memory' ? `directory ${ownDirectory()}` : describeBackend(context.inUse)
}

/** Uses the backend of the environment before any directory, as the workers do. */
function useNamedBackend({ origins }: Configuration): void {
  const backend = chooseBackend()!
  const { from = '' } = origins.find(({ name }) => name === 'dir') ?? {}
  if (/^(?:command line|code)/.test(from) && backend.directory === undefined) {
    const text = `${from.replace('command line ', '')} and PROMHIVE_BACKEND_CLASS exclude each other: the ${backend.name} backend keeps nothing in a directory. Leave one of them out`
    throw new MetricsError('OPTION_INVALID', from === 'code' ? text.replace('code', 'dir') : text)
  }
  processContext().configure({ backend })
}

/** Makes this process and its children count in the backend of the settings. */
export function chooseBackendOf({ settings, origins }: Configuration): void {
  Object.assign(processEnvironment(), backendEnvironment(settings))
  const variableBySetting = { backend: variables.backendClass[0], backendConfig: variables.backendConfig[0] } as const
  for (const { name, from } of origins) {
    const variable = variableBySetting[name as keyof typeof variableBySetting]
    if (variable !== undefined && !/^(?:default|environment)/.test(from)) nameOrigin(variable, from)
  }
}

/** Makes this process and its children show the same series, unless their code configures it. */
export function chooseSeriesOf({ settings, origins }: Configuration): void {
  const { from = 'default' } = origins.find(({ name }) => name === 'perWorker') ?? {}
  if (from !== 'default') processEnvironment()[variables.perWorker[0]] = String(settings.perWorker)
}
