import { resolve } from 'node:path'
import type { SupervisedProcess } from '../../export/page/page-source.js'
import { MetricsError } from '../../model/errors.js'
import { loadBinding } from '../../platform/addon.js'
import { packageVersion } from '../../platform/package-version.js'
import { workerEnvironment } from '../../supervisor/gunicorn/environment-manager.js'
import type { LifecycleHooks } from '../../supervisor/lifecycle.js'
import { osUserOf } from '../../supervisor/os-user.js'
import { takePidFile } from '../../supervisor/pid-file.js'
import type { Configuration } from '../../supervisor/settings/configuration.js'
import { encryptionOf } from '../../supervisor/settings/encryption-settings.js'
import { Supervisor } from '../../supervisor/supervisor.js'
import { processContext } from '../current-context.js'
import { placeOfRuns } from '../directory/default-location.js'
import { ownPage } from '../exporters/page.js'
import { agentFile, registerFile } from '../package-files.js'
import { targetsOfApplication } from '../targets/targets-in.js'
import { exportersOf } from './configured-exporters.js'
import { checkPrimary } from './hooks.js'
import type { SuperviseOptions } from './options.js'
import { forward } from './redis-forwarding.js'
import { openLog } from './supervisor-log.js'
import { backendOfSupervisor, chooseBackendOf, chooseSeriesOf, shareWithWorkers } from './workers-directory.js'

type Composition = {
  readonly [K in 'exec' | 'args' | 'execArgv' | 'hooks' | 'logger']?: SuperviseOptions[K] | undefined
}

/** Returns a supervisor with the registry and directory of this process, not started yet. */
export function composeSupervisor(
  configuration: Configuration,
  { exec, args, execArgv, hooks, logger }: Composition,
): Supervisor {
  checkPrimary('supervise', hooks)
  refuseDeno()
  const { settings } = configuration
  const { user, group, register } = settings
  const osUser = user === '' && group === '' ? undefined : osUserOf('--user', user || undefined, group || undefined)
  if (osUser !== undefined && process.geteuid?.() !== 0 && osUser.uid !== process.geteuid?.()) {
    throw new MetricsError('OPTION_INVALID', `--user ${user}: only root can start workers of another user`)
  }
  chooseBackendOf(configuration)
  chooseSeriesOf(configuration)
  const log = openLog(configuration, logger)
  const releasePidFile =
    settings.pidFile === '' ? undefined : takePidFile(resolve(settings.pidFile), loadBinding().binding?.started)
  if (releasePidFile !== undefined) process.once('exit', releasePidFile)
  const environment = { ...workerEnvironment(settings), ...shareWithWorkers(configuration, osUser) }
  const preload = register ? ['--import', registerFile()] : []
  const supervised = (pid: number): SupervisedProcess | undefined => {
    const worker = supervisor.workers().find((each) => each.pid === pid)
    return worker && { blocked: worker.state() === 'blocked' }
  }
  const supervisor: Supervisor = new Supervisor({
    settings,
    registry: processContext().registry,
    tls: encryptionOf(configuration),
    version: packageVersion,
    forward,
    exporters: exportersOf(settings),
    routes: [targetsOfApplication()],
    page: settings.page ? { ...ownPage(processContext().registry), supervised } : undefined,
    program: {
      // Made absolute, because the working directory may change before successors are started.
      exec: exec === undefined ? undefined : resolve(exec),
      args,
      execArgv: [...process.execArgv, '--require', agentFile(), ...preload, ...(execArgv ?? [])],
      uid: osUser?.uid,
      gid: osUser?.gid,
    },
    scratch: placeOfRuns(),
    backend: settings.metrics ? backendOfSupervisor : undefined,
    reap: process.pid === 1 ? loadBinding().binding?.reap : undefined,
    environment: {
      ...environment,
      ...(osUser?.name !== undefined && { USER: osUser.name, LOGNAME: osUser.name, HOME: osUser.context ?? '/' }),
    },
    ...(hooks !== undefined && { hooks: hooks as LifecycleHooks }),
    logger: log,
  })
  void supervisor.done.then(releasePidFile)
  return supervisor
}

/** Deno starts the workers of node:cluster without what loads promhive into them, so nothing would watch or measure them. */
function refuseDeno(): void {
  if (process.versions.deno === undefined) return
  const text =
    'supervise: Deno does not load the agent into workers; use Node.js for it, or start the workers with node:cluster'
  throw new MetricsError('OPTION_INVALID', text)
}
